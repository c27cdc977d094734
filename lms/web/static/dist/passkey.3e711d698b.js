/* Lets a passkey of the device answer the question of a form. Without this file the button stays hidden. */
(function () {
  'use strict';
  var d = document;
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  function bytes(text) {
    var plain = atob(text.replace(/-/g, '+').replace(/_/g, '/')), found = new Uint8Array(plain.length);
    for (var i = 0; i < plain.length; i++) found[i] = plain.charCodeAt(i);
    return found;
  }

  function text(buffer) {
    var found = '';
    new Uint8Array(buffer).forEach(function (one) { found += String.fromCharCode(one); });
    return btoa(found).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  }

  // What stands in the page is text; what the browser wants are bytes.
  function wanted(options) {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    (options.excludeCredentials || options.allowCredentials || []).forEach(function (one) { one.id = bytes(one.id); });
    return { publicKey: options };
  }

  function told(credential) {
    var from = credential.response, response = { clientDataJSON: text(from.clientDataJSON) };
    ['attestationObject', 'authenticatorData', 'signature', 'userHandle'].forEach(function (name) {
      if (from[name]) response[name] = text(from[name]);
    });
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: response });
  }

  function failed(button) {
    var place = button.parentNode.querySelector('[role=alert]') || button.parentNode.appendChild(d.createElement('p'));
    place.setAttribute('role', 'alert');
    place.textContent = button.getAttribute('data-failed');
    button.disabled = false;
  }

  [].forEach.call(d.querySelectorAll('[data-passkey]'), function (button) {
    var form = button.form, act = button.getAttribute('data-passkey');
    button.hidden = false;
    button.addEventListener('click', function (event) {
      event.preventDefault();
      button.disabled = true;
      navigator.credentials[act](wanted(JSON.parse(button.getAttribute('data-options')))).then(function (credential) {
        form.elements.answer.value = told(credential);
        form.noValidate = true;
        form.action = button.formAction;
        form.submit();
      }).catch(function () { failed(button); });
    });
  });
})();
