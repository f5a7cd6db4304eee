"""The live page: a small server that answers in the shapes of `inward.page.schema`."""
