"""Any bytes and mutated lines of every format → what must hold for all of them; `python -m tests.fuzz.run`."""
