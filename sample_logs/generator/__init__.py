"""The parts of `make.py`: one invented day, seen by four kinds of servers; imports nothing of the project."""
