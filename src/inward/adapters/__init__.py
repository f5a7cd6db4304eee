"""Other people's models as the port `Model`: one file a framework."""
