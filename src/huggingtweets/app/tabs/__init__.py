"""One file a tab of the page, beside its view: the tab connects, the view only draws."""
