"""The page: what a browser is told, in which shapes, and the files that draw it. Knows no network and no method."""
