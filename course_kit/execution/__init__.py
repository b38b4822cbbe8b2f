"""Running code that nobody vouches for: warm kernels, a sandbox around them, and proof that a test really ran."""
