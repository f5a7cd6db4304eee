"""Methods: one idea a file, each a pure function on the port `Model`."""
