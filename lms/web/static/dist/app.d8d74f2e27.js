/* Extras only: every task works when this file never arrives. Nothing is stored in the browser but the cookie of leaving. */
(function () {
  'use strict';
  var d = document, root = d.documentElement, exit = d.querySelector('.exit');

  // What went wrong is read first; its links lead to the fields.
  var errors = d.querySelector('.errors');
  if (errors) errors.focus();

  // Leave now: blank at once, whatever the line does, and replace this page so that Back does not return to it.
  // The cookie ends the session with the first request that gets through, should this one not.
  function leave(event) {
    if (event) event.preventDefault();
    d.cookie = location.protocol === 'https:' ? '__Host-left=1; path=/; secure; samesite=lax' : 'left=1; path=/; samesite=lax';
    root.hidden = true;
    d.title = '';
    if (d.body) d.body.textContent = '';
    location.replace('/leave');
  }
  if (exit) exit.addEventListener('click', leave);

  // Shift three times, where she switched it on: alone, and without a pause.
  if (exit && root.hasAttribute('data-exit-keys')) {
    var presses = 0, last = 0;
    d.addEventListener('keydown', function (event) {
      if (event.repeat) return;
      presses = event.key !== 'Shift' ? 0 : event.timeStamp - last < 700 ? presses + 1 : 1;
      last = event.timeStamp;
      if (presses > 2) leave();
    });
  }

  // Another language opens at the passage that is being read: passages have the same id in every language.
  var bar = d.querySelector('.top'), passages = d.querySelectorAll('main [id^="p-"]');
  if (bar && passages.length) {
    [].forEach.call(d.querySelectorAll('.langs a[hreflang]'), function (link) {
      link.addEventListener('click', function () {
        var edge = bar.getBoundingClientRect().bottom, id = '';
        for (var i = 0; i < passages.length && !id; i++) {
          if (passages[i].getBoundingClientRect().bottom > edge) id = passages[i].id;
        }
        link.hash = id === passages[0].id ? '' : id;
      });
    });
  }

  // A square code was scanned: what it says stands behind the # and was not sent to us. One press checks it.
  var signed = d.querySelector('[data-signed]');
  if (signed && !signed.value && location.hash.length > 120) signed.value = location.hash.slice(1);

  // A folded table keeps its meaning in browsers that lose it with display: block.
  var roles = { table: 'table', tr: 'row', td: 'cell', 'thead th': 'columnheader', 'tbody th': 'rowheader' };
  Object.keys(roles).forEach(function (selector) {
    [].forEach.call(d.querySelectorAll('.tbl.fold ' + selector), function (element) {
      element.setAttribute('role', roles[selector]);
    });
  });
})();
