"""The commands, in one module for each part of the work; `pmkit.cli` puts them together.

Each turns its arguments into one call of the library and says what came of it: no logic, and exit codes that
a program can rely on. What a command needs is imported inside it, so that the others start without it.
"""
