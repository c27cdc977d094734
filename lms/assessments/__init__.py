"""Answering and being read: checkpoints, quizzes, assignments, marks.

*Task*: a checkpoint, quiz or assignment of the published course. *Attempt*: one sitting of one participant, or one
version of her assignment. *Step*: one thing that was done to an attempt; steps are only ever added. *Mark*: a step by
a facilitator. *Release*: the moment from which she sees it.

Does not decide completion (certificates), and does not hold what is asked (courses).
"""
