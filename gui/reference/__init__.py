"""Help that is read from declarations: nothing about a layer or a method is written twice."""
