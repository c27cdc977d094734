"""Forms as a browser has them: what is rendered is all that can be sent."""

from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict


class Form:
    """One form. choices: what can be chosen or picked, by field, in the order shown."""

    def __init__(self, action):
        self.action, self.sent, self.choices, self.texts, self.buttons = action, MultiDict(), {}, set(), []

    def choose(self, name, *values):
        """Choose these and nothing else; each must be there."""
        assert set(values) <= {value for value, _ in self.choices[name]}, (values, self.choices)
        self.sent.setlist(name, list(values))
        return self

    def type(self, name, text):
        assert name in self.texts, (name, self.texts)
        self.sent[name] = text
        return self

    def labelled(self, name, label):
        """The value of the choice with this wording."""
        return next(value for value, told in self.choices[name] if told.strip() == label)

    def names(self, prefix):
        return [name for name in (*self.choices, *sorted(self.texts)) if name.startswith(prefix)]


class _Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.form, self.open = [], None, None
        self.label, self.textarea, self.select = None, None, None

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "form":
            self.form = Form(a.get("action"))
            self.forms.append(self.form)
        read = getattr(self, f"_read_{tag}", None)
        if self.form is not None and read and (a.get("name") or tag == "option"):
            read(a, a.get("name"), a.get("value") or "")

    def _read_button(self, a, name, value):
        self.form.buttons.append((name, value))

    def _read_input(self, a, name, value):
        is_choice = a.get("type") in ("radio", "checkbox")
        if is_choice:
            self.form.choices.setdefault(name, []).append([value, ""])
            self.label = self.form.choices[name][-1]
        elif a.get("type") != "hidden":
            self.form.texts.add(name)
        if not is_choice or "checked" in a:
            self.form.sent.add(name, value)

    def _read_textarea(self, a, name, value):
        self.textarea = name
        self.form.texts.add(name)
        self.form.sent[name] = ""

    def _read_select(self, a, name, value):
        self.select = name
        self.form.choices[name] = []

    def _read_option(self, a, name, value):
        self.form.choices[self.select].append([value, ""])
        self.label = self.form.choices[self.select][-1]
        if "selected" in a or self.select not in self.form.sent:
            self.form.sent[self.select] = value

    def handle_data(self, data):
        if self.form is not None and self.textarea:
            self.form.sent[self.textarea] += data
        elif self.label is not None:
            self.label[1] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag in ("label", "option"):
            self.label = None
        elif tag == "textarea":
            self.textarea = None
        elif tag == "select":
            self.select = None


def forms_of(page):
    """All forms of a page, first to last."""
    reader = _Forms()
    reader.feed(page.text)
    return reader.forms


def form_to(page, ending):
    """The form that posts to an address with this ending."""
    return next(form for form in forms_of(page) if form.action and form.action.endswith(ending))


def send(visitor, form, *, go=None, expect=302, script=False):
    """Press a button of a form."""
    data = MultiDict(form.sent)
    if go is not None:
        assert ("go", go) in form.buttons, form.buttons
        data["go"] = go
    headers = {"Accept": "application/json"} if script else {}
    return visitor._read(visitor.client.post(form.action, data=data, headers=headers), expect)
