/* Sketch that moves the mocks; the product has its own script. Extras only: every task works when this file never arrives. */
(function () {
  'use strict';
  var d = document, $ = function (s, r) { return (r || d).querySelector(s); };

  // Error summary takes focus; its links go to the field.
  var errors = $('.errors');
  if (errors) errors.focus();

  // Leave now: blank the page, then replace it so that Back does not return here. The server ends the session.
  var exit = $('.exit'), taps = 0, last = 0;
  function leave(e) {
    if (e) e.preventDefault();
    d.documentElement.hidden = true; d.title = '';
    location.replace(exit.href);
  }
  if (exit) {
    exit.addEventListener('click', leave);
    if (d.documentElement.dataset.leaveKeys) d.addEventListener('keydown', function (e) {
      if (e.key !== 'Shift') return;
      taps = e.timeStamp - last < 700 ? taps + 1 : 1; last = e.timeStamp;
      if (taps > 2) leave();
    });
  }

  // Folded tables keep their meaning where display:block would remove it.
  var roles = { table: 'table', tr: 'row', td: 'cell', 'thead th': 'columnheader', 'tbody th': 'rowheader' };
  Object.keys(roles).forEach(function (s) {
    [].forEach.call(d.querySelectorAll('.tbl.fold ' + s), function (e) { e.setAttribute('role', roles[s]); });
  });

  // Sketch only. Save state of a quiz page: sends each change, tells the truth, stores nothing in the browser
  // (design.md section 8: only the encrypted store, and only after "keep on this device").
  var form = $('form[data-keep]');
  if (form) {
    var state = $('.save', form), label = $('[data-text]', form), seq = 0;
    var say = function (kind) {
      var t = new Date(), hm = ('0' + t.getHours()).slice(-2) + ':' + ('0' + t.getMinutes()).slice(-2);
      state.classList.toggle('device', kind === 'device');
      label.textContent = form.dataset[kind].replace('{t}', hm);
    };
    var send = function () {
      var n = ++seq;
      fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { 'X-Seq': n } })
        .then(function (r) { if (r.ok && n === seq) say('server'); })
        .catch(function () { say('device'); });
    };
    form.addEventListener('change', send);
    addEventListener('online', send);
  }

  // Marking with keys: a digit marks (1 to 5 in mock 12; the product has levels 0 to 4), arrows move between criteria, Ctrl+Enter saves. Total is live.
  var rubric = $('form[data-rubric]');
  if (rubric) {
    var rows = [].slice.call(rubric.querySelectorAll('.crit')), at = 0;
    var total = function () {
      var sum = 0, open = 0;
      rows.forEach(function (r) {
        var c = $(':checked', r); if (c) sum += +c.value; else open++;
        $('.got', r).textContent = c ? c.value : '–';
      });
      $('output', rubric).textContent = rubric.dataset.total.replace('{n}', sum);
      $('#need').hidden = !open;
    };
    var go = function (i) {
      at = Math.max(0, Math.min(rows.length - 1, i));
      ($(':checked', rows[at]) || $('input', rows[at])).focus();
    };
    rubric.addEventListener('change', total);
    d.addEventListener('keydown', function (e) {
      if (e.ctrlKey && e.key === 'Enter') return rubric.requestSubmit();
      if (e.ctrlKey || e.altKey || e.metaKey || /TEXTAREA|SELECT/.test(e.target.tagName)) return;
      var i = rows.findIndex(function (r) { return r.contains(e.target); }); if (i > -1) at = i;
      if (/^[1-5]$/.test(e.key)) { $('input[value="' + e.key + '"]', rows[at]).click(); go(at + 1); }
      else if (e.key === 'ArrowDown') { e.preventDefault(); go(at + 1); }
      else if (e.key === 'ArrowUp') { e.preventDefault(); go(at - 1); }
    });
  }
})();
