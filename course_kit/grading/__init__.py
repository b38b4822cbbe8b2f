"""The instructor's side: collect what came in, grade a batch, publish scores, make feedback. Import modules by name."""
