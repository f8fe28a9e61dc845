"""How detection is judged: made-up sites whose truth is known, metrics of events, and detectors to compare."""
