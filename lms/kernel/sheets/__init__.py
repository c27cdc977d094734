"""Tables that people bring and take along: CSV and XLSX, read with limits and written without formulas.

Words: a *heading* names a column in the first row that holds anything; a *row* is counted as her spreadsheet program
counts it; a *refusal* says where the file is wrong and what to do. A file is taken whole or not at all: who reads rows
keeps nothing of them before the last one came. What a cell means is the business of the packages above.
"""
