/* Extras for answering and writing: saving as she goes, and going on while the line is cut. Every task works without.
   Nothing is stored in the browser: what is not on the server lives in this page, and the page says so. */
(function () {
  'use strict';
  var d = document, form = d.querySelector('form[data-work]');
  if (!form || !window.fetch || !window.FormData || !window.URLSearchParams || !window.crypto) return;

  var says = form.dataset, quiz = says.work === 'quiz', AFTER = 2000, SOON = 300, AGAIN = 5000, MOST_WAIT = 60000;
  var queue = [], disputed = [], sending = false, leaving = '', going = false, timer = 0, retry = 0, wait = AGAIN, ended = false;
  var state = form.querySelector('.save'), notice = form.querySelector('[data-notice]');
  var calm = state && [state.querySelector('[data-text]').textContent, state.className.slice(5)];

  function tell(text, kind) {
    if (!state) return;
    state.className = 'save' + (kind ? ' ' + kind : '');
    var shape = state.querySelector('svg');
    if (shape) shape.remove();
    state.querySelector('[data-text]').textContent = text;
  }
  function warn(text) {
    if (!notice) return;
    notice.hidden = !text;
    notice.querySelector('[data-text]').textContent = text || '';
  }
  function count(sentence, n) {
    return sentence.replace('{n}', String(n).replace(/\d/g, function (digit) { return says.digits.charAt(digit); }));
  }

  // A random id for each act: sent again, it is the same act.
  function newId() {
    var b = crypto.getRandomValues(new Uint8Array(16)), hex = '';
    b[6] = b[6] & 15 | 64;
    b[8] = b[8] & 63 | 128;
    for (var i = 0; i < 16; i++) hex += (b[i] + 256).toString(16).slice(1);
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  // Since when the device holds an answer: by the clock that runs evenly, or by the other where that slept.
  function moment() { return { even: performance.now(), day: Date.now() }; }
  function held(since) { return Math.max(0, Math.round(Math.max(performance.now() - since.even, Date.now() - since.day))); }

  // What one question says now, as the form would send it.
  function parts(number) {
    var data = new FormData(form), found = [];
    data.forEach(function (value, name) {
      if (name === 'q' + number || name.indexOf('q' + number + '-') === 0 || name === 'flag' + number) found.push([name, value]);
    });
    return found;
  }
  function field(name, within) { return (within || form).querySelector('[name="' + name + '"]'); }
  function numbers() {
    return [].map.call(form.querySelectorAll('[name^="seq"]'), function (input) { return +input.name.slice(3); });
  }
  var known = {};
  numbers().forEach(function (number) { known[number] = JSON.stringify(parts(number)); });

  function changed(number) { return JSON.stringify(parts(number)) !== known[number]; }
  function isDisputed(number) { return disputed.indexOf(number) >= 0; }
  function unsaved() { return queue.length || sending || numbers().some(changed); }

  // Put what changed into the queue, each change as an act of its own with the next number. What was changed elsewhere
  // too waits until she has seen both versions.
  function take() {
    clearTimeout(timer);
    numbers().forEach(function (number) {
      if (isDisputed(number) || !changed(number)) return;
      var now = parts(number);
      known[number] = JSON.stringify(now);
      var sequence = field('seq' + number), op = newId();
      queue = queue.filter(function (act) { return act.number !== number || act.sent; });
      queue.push({ number: number, parts: now, op: op, seq: sequence.value, written: moment() });
      field('op' + number).value = newId();
      sequence.value = +sequence.value + 1;
      if (quiz) mark(number);
    });
    if (queue.length) send();
    else if (calm && !unsaved() && !disputed.length) tell(calm[0], calm[1]);
  }

  function send() {
    if (sending || ended || !queue.length) return finish();
    clearTimeout(retry);
    sending = true;
    var act = queue[0], body = new URLSearchParams();
    act.sent = true;
    body.append('csrf_token', field('csrf_token').value);
    body.append('attempt', field('attempt').value);
    act.parts.forEach(function (part) { body.append(part[0], part[1]); });
    body.append('op' + act.number, act.op);
    body.append('seq' + act.number, act.seq);
    body.append('held' + act.number, held(act.written));
    tell(says.busy, 'muted');
    var stop = window.AbortController ? new AbortController() : null;
    if (stop) setTimeout(function () { stop.abort(); }, 20000);
    fetch(form.action, {
      method: 'POST', body: body, headers: { Accept: 'application/json' }, credentials: 'same-origin',
      redirect: 'manual', signal: stop ? stop.signal : undefined
    }).then(function (answer) {
      if (answer.type === 'opaqueredirect' || answer.status === 400 || answer.status === 404) throw 'ended';
      if ((answer.headers.get('Content-Type') || '').indexOf('application/json')) throw 'later';
      return answer.json().then(function (told) {
        if (answer.status > 499) throw told; // not saved: it stays in the queue
        sending = false;
        queue.shift();
        wait = AGAIN;
        if (told.attempt) field('attempt').value = told.attempt;
        if (told.reload) { dispute(act, told.text); return send(); }
        if (!answer.ok) {
          tell(told.text, 'fail');
          leaving = '';
          warn(told.text);
          return told.kept && queue.length ? send() : undefined; // what waits behind it is kept as well
        }
        calm = [told.text, ''];
        if (!disputed.length) warn('');
        if (queue.length) return send();
        if (disputed.length) tell(says.unsaved, 'fail');
        else if (unsaved()) tell(says.unsaved, 'device');
        else tell(told.text, '');
        finish();
      });
    }).catch(function (why) {
      sending = false;
      if (why === 'ended') {
        leaving = '';
        ended = true;
        tell(says.unsaved, 'fail');
        warn(says.ended);
        retry = setTimeout(renew, MOST_WAIT);
        return;
      }
      tell(queue.length > 1 ? count(says.waiting, queue.length) : says.unsaved, 'fail');
      warn(why && why.text || (quiz && here && total > 1 && !form.hasAttribute('data-ready') ? says.alone : says.offline));
      retry = setTimeout(send, wait);
      wait = Math.min(wait * 2, MOST_WAIT);
    });
  }
  // Changed elsewhere: nothing more of it is sent by itself, and the next button leads to both versions. The form says
  // again what it said then.
  function dispute(act, text) {
    var where = quiz && pool[act.number] || form;
    queue = queue.filter(function (other) { return other.number !== act.number; });
    field('seq' + act.number, where).value = act.seq;
    if (!isDisputed(act.number)) disputed.push(act.number);
    tell(text, 'fail');
    warn(says.conflict);
  }
  window.addEventListener('online', function () { wait = AGAIN; send(); });


  // Her session ended: the page keeps what is in it. Once the same person is signed in again, it is given the token of
  // her new session and goes on.
  function renew() {
    clearTimeout(retry);
    retry = setTimeout(renew, MOST_WAIT);
    var ask = new XMLHttpRequest();
    ask.open('GET', location.pathname);
    ask.responseType = 'document';
    ask.onload = function () {
      var there = ask.status === 200 && ask.response && ask.response.querySelector('form[data-work]');
      if (!ended || !there || there.dataset.of !== says.of) return;
      field('csrf_token').value = field('csrf_token', there).value;
      ended = false;
      send();
    };
    ask.send();
  }
  function returned() {
    if (d.hidden) return;
    if (ended) renew();
    else if (queue.length) send();
  }
  window.addEventListener('focus', returned);
  d.addEventListener('visibilitychange', returned);

  function finish() {
    if (!leaving || queue.length || sending) return;
    if (numbers().some(function (number) { return changed(number) && !isDisputed(number); })) return take();
    var to = leaving;
    leaving = '';
    if (!disputed.length) return location.assign(to);
    if (quiz && here && disputed[0] !== here) show(disputed[0]);
    going = true;
    form.submit();
  }

  form.addEventListener('input', function () {
    clearTimeout(timer);
    timer = setTimeout(take, AFTER);
    if (!sending && !queue.length && !disputed.length && unsaved()) tell(says.unsaved, 'device');
    words();
  });
  // Not at once: were the page to move between the press and the release of a button, the button would be missed.
  function soon() { clearTimeout(timer); timer = setTimeout(take, SOON); }
  form.addEventListener('change', soon);
  form.addEventListener('focusout', function (event) { if (event.target.tagName === 'TEXTAREA') soon(); });
  window.addEventListener('beforeunload', function (event) {
    if (d.documentElement.hidden) return; // she pressed Leave now: nothing may hold her
    take();
    if (!going && unsaved()) event.preventDefault();
  });
  // Back to a page that the browser kept in memory: what stands by now may be something else.
  window.addEventListener('pageshow', function (event) {
    going = false;
    if (event.persisted && !unsaved()) location.reload();
  });

  // Another language opens after what is in the page is saved.
  [].forEach.call(d.querySelectorAll('.langs a[hreflang]'), function (link) {
    link.addEventListener('click', function (event) {
      take();
      if (!unsaved() && !disputed.length) return;
      event.preventDefault();
      leaving = link.href;
      finish();
    });
  });

  // Words, as the server counts them: a piece between blanks with a letter or a digit in it.
  var counter = form.querySelector('[data-words]'), text = form.querySelector('textarea');
  function words() {
    if (!counter || !text) return;
    var n = text.value.split(/\s+/).filter(function (piece) { return /[\p{L}\p{N}]/u.test(piece); }).length;
    counter.textContent = count(counter.dataset.words, n);
  }

  // The time that is left, said aloud at ten, five and one minute only.
  var clock = form.querySelector('[data-ends]');
  if (clock) {
    var ends = Date.parse(clock.dataset.ends) - Date.parse(clock.dataset.now), from = performance.now();
    var tick = function () {
      var left = Math.ceil((ends - (performance.now() - from)) / 60000), shown = clock.querySelector('[data-text]');
      shown.textContent = left > 0 ? count(clock.dataset.left, left) : clock.dataset.over;
      if ([10, 5, 1].indexOf(left) >= 0 || left <= 0) shown.setAttribute('role', 'status');
      if (left > 0) setTimeout(tick, 15000);
    };
    tick();
  }

  // A draft is sent by its buttons too, after what waits is saved.
  if (!quiz) {
    form.addEventListener('submit', function (event) {
      take();
      if (!queue.length && !sending) { going = true; return; }
      event.preventDefault();
      var go = event.submitter ? event.submitter.value : '';
      leaving = go === 'check' ? says.check : location.pathname + '?saved=1';
      send();
    });
    return;
  }

  // ---- A quiz of one question a page: all its questions are fetched once, into this page. From then on the buttons
  // change questions here, so that the next one is there when the line is not.
  var pool = {}, shown = form.querySelectorAll('.question'), total = form.querySelectorAll('.qnav button').length;
  var here = shown.length === 1 ? +shown[0].dataset.number : 0, base = says.all.replace(/\/all$/, '');
  var on = form.querySelector('[data-on]'), back = form.querySelector('[data-back]');

  if (here && total > 1) setTimeout(function () {
    var ask = new XMLHttpRequest();
    ask.open('GET', says.all);
    ask.responseType = 'document';
    ask.onload = function () {
      if (ask.status !== 200 || !ask.response) return;
      [].forEach.call(ask.response.querySelectorAll('.question'), function (section) {
        if (+section.dataset.number !== here) pool[section.dataset.number] = d.importNode(section, true);
      });
      form.setAttribute('data-ready', '');
    };
    ask.send();
  }, 300);

  function show(number) {
    var section = form.querySelector('.question'), next = pool[number];
    if (!next) return false;
    pool[here] = section;
    section.parentNode.replaceChild(next, section);
    delete pool[number];
    here = number;
    known[number] = known[number] || JSON.stringify(parts(number));
    [].forEach.call(form.querySelectorAll('.qnav button'), function (button) {
      if (+button.value === number) button.setAttribute('aria-current', 'step'); else button.removeAttribute('aria-current');
    });
    d.title = count(says.title, number) + d.title.slice(d.title.indexOf(' – '));
    on.value = number < total ? number + 1 : 'check';
    on.firstElementChild.textContent = number < total ? on.dataset.on : on.dataset.last;
    back.hidden = number < 2;
    back.value = number - 1;
    form.action = base + '/q/' + number + '/save';
    history.replaceState(null, '', base + '/q/' + number);
    [].forEach.call(d.querySelectorAll('.langs a[hreflang]'), function (link) {
      link.href = link.getAttribute('href').replace(/\/q\/\d+/, '/q/' + number);
    });
    var legend = next.querySelector('legend');
    legend.tabIndex = -1;
    legend.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'start' });
    return true;
  }

  // In the list of questions, what is answered here counts as answered.
  function mark(number) {
    var button = form.querySelector('.qnav button[value="' + number + '"]'), now = parts(number);
    if (!button) return;
    var answered = now.some(function (part) { return part[0].charAt(0) === 'q' && part[1]; });
    var flagged = now.some(function (part) { return part[0].charAt(0) === 'f'; });
    button.classList.toggle('ans', answered);
    button.classList.toggle('flag', flagged);
    button.lastElementChild.textContent = count(says[(answered ? 'answered' : 'open') + (flagged ? 'Flagged' : '')], number);
    var told = form.querySelector('[data-done]');
    if (told) told.textContent = count(told.dataset.done, form.querySelectorAll('.qnav .ans').length);
  }

  form.addEventListener('submit', function (event) {
    var go = event.submitter ? event.submitter.value : '';
    take();
    if (!disputed.length && /^\d+$/.test(go) && show(+go)) return event.preventDefault();
    // Where nothing waits, the form goes its ordinary way.
    if (!queue.length && !sending && !disputed.length) { going = true; return; }
    event.preventDefault();
    leaving = go === 'check' ? base + '/check' : /^\d+$/.test(go) ? base + '/q/' + go
      : go === 'stay' ? location.pathname + '?checked=1' : location.pathname.replace(/^\/\w\w\//, '/' + go + '/');
    send();
  });
})();
