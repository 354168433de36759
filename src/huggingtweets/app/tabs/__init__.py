"""One file a tab, beside its view: the tab has the layout and the event handlers, the view makes the HTML."""
