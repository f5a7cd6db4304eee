"""Arrays to pictures, animations and pages; this room knows no network."""
