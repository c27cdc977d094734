"""Reading tasks, attempts and marks; each module for one kind of reader."""
