"""One module per change of the tables, in the order of their numbers; none is ever changed after a release."""
