"""Small widgets that several panels and views share."""
