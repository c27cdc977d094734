/* Extras for markers: keys, the total as it grows, saving in passing. Everything works when this file never arrives. */
(function () {
  'use strict';
  var d = document, form = d.getElementById('marks'), queue = d.querySelector('.queue[data-keys]'), list = d.getElementById('keys');
  function all(selector, within) { return [].slice.call((within || d).querySelectorAll(selector)); }
  function typing(target) { return /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === 'INPUT' && !/^(radio|checkbox)$/.test(target.type)); }
  function plain(event) { return !event.defaultPrevented && !event.altKey && !event.metaKey && !event.ctrlKey && !typing(event.target); }

  function follow(link) { if (link) link.click(); }

  // Keys are there where she did not switch them off: outside text boxes only. Escape leaves one.
  if (list) d.addEventListener('keydown', function (event) {
    var key = event.key.toLowerCase();
    if (key === 'escape' && typing(event.target)) return event.target.blur();
    if (!plain(event)) return;
    if (key === '?') { list.open = !list.open; list.querySelector('summary').focus(); }
    else if (key === 'n' || key === 'p') follow(d.querySelector('.pager [rel="' + (key === 'n' ? 'next' : 'prev') + '"]'));
    else return;
    event.preventDefault();
  });

  // The queue: rows up and down; Enter opens the link that has the focus.
  if (queue) {
    var links = all('tbody a', queue);
    d.addEventListener('keydown', function (event) {
      var step = { j: 1, k: -1 }[event.key.toLowerCase()];
      if (!step || !plain(event) || !links.length) return;
      var at = links.indexOf(d.activeElement);
      links[at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1)].focus();
      event.preventDefault();
    });
  }
  if (!form) return;

  // The total, and what has no level yet.
  var criteria = all('.crit', form), total = form.querySelector('output'), need = d.getElementById('need');
  var needs = JSON.parse(need.getAttribute('data-needs'));
  function write(number) {
    return String(number).replace('.', form.getAttribute('data-point')).replace(/\d/g, function (digit) { return form.getAttribute('data-digits')[digit]; });
  }
  function count() {
    var sum = 0, missing = 0;
    criteria.forEach(function (one) {
      var chosen = one.querySelector(':checked');
      one.querySelector('.got').textContent = chosen ? write(chosen.value) : '–';
      if (chosen) sum += one.getAttribute('data-weight') * chosen.value / 4;
      else missing++;
    });
    total.textContent = total.getAttribute('data-total').replace('{n}', write(sum));
    need.textContent = needs[missing];
  }
  form.addEventListener('change', count);
  count();

  // Saving in passing: two seconds after a change and on leaving a field. What it says is what is true.
  var state = d.getElementById('saved'), dirty = false, busy = false, timer = 0, waiting = null;
  var stopped = !form.hasAttribute('data-autosave') || !window.fetch || !window.URLSearchParams;
  function say(text, kind) {
    state.className = 'save' + (kind ? ' ' + kind : '');
    state.textContent = text;
  }
  function body() {
    var data = new URLSearchParams(new FormData(form));
    data.set('do', 'draft');
    return data;
  }
  function post(more) {
    var options = { method: 'POST', body: body(), headers: { Accept: 'application/json' }, credentials: 'same-origin' };
    for (var name in more) options[name] = more[name];
    return fetch(form.getAttribute('action'), options);
  }
  function save() {
    clearTimeout(timer);
    if (!dirty || busy || stopped) return;
    dirty = false;
    busy = true;
    say(state.getAttribute('data-saving'), 'device');
    post().then(function (answer) {
      return answer.json().then(function (told) {
        if (answer.ok) form.elements.version.value = told.version;
        else { stopped = told.state === 'conflict'; dirty = true; }
        say(told.text, answer.ok ? '' : 'fail');
      });
    }).catch(function () {
      dirty = true;
      say(state.getAttribute('data-fail'), 'fail');
    }).then(function () {
      busy = false;
      if (waiting) { var button = waiting; waiting = null; button.click(); }
    });
  }
  function changed() {
    if (stopped) return;
    if (!dirty && !busy) say(state.getAttribute('data-unsaved'), 'device');
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, 2000);
  }
  if (!stopped) {
    // Fields beside the form belong to it too.
    d.addEventListener('input', function (event) { if (event.target.form === form) changed(); });
    d.addEventListener('focusout', function (event) { if (event.target.form === form && typing(event.target)) save(); });
    addEventListener('online', save);
    addEventListener('pagehide', function () { if (dirty && !busy && !stopped) post({ keepalive: true }); });
    form.addEventListener('submit', function (event) {
      clearTimeout(timer);
      // Two savings at once would be taken for two people.
      if (busy) { event.preventDefault(); waiting = event.submitter || form.querySelector('[value="draft"]'); }
      else dirty = false;
    });
  }

  // Keys of the form.
  if (!form.hasAttribute('data-keys')) return;
  var current = 0, dock = form.querySelector('.dock') || form;
  function go(to) {
    current = Math.min(Math.max(to, 0), criteria.length - 1);
    var one = criteria[current];
    var input = one.querySelector(':checked') || one.querySelector('input');
    input.focus({ preventScroll: true });
    // All of the criterion, or at least its level where the window is too low for all.
    (one.offsetHeight + dock.offsetHeight < Math.min(form.clientHeight, innerHeight) ? one : input.parentNode).scrollIntoView({ block: 'nearest' });
  }
  function open(field) {
    var folded = field.parentNode;
    if (folded.tagName === 'DETAILS') folded.open = true;
    field.focus();
  }
  form.addEventListener('focusin', function (event) {
    var at = criteria.indexOf(event.target.closest('.crit'));
    if (at >= 0) current = at;
  });
  d.addEventListener('keydown', function (event) {
    if (event.ctrlKey && event.key === 'Enter') return follow(form.querySelector('[value="next"]'));
    if (!plain(event)) return;
    var key = event.key.toLowerCase();
    if (/^[0-4]$/.test(key)) {
      var level = criteria[current].querySelector('[value="' + key + '"]');
      if (level.matches(':disabled')) return;
      level.checked = true;
      count();
      changed();
      go(current + 1);
    } else if (key === 'arrowup' || key === 'arrowdown') go(current + (key === 'arrowup' ? -1 : 1));
    else if (key === 'c') open(criteria[current].querySelector('textarea'));
    else if (key === 'f') open(d.getElementById('feedback'));
    else return;
    event.preventDefault();
  });
})();
