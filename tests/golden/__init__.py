"""Golden rows of the sample logs, and the program that writes them."""
