// Passkeys: a form with data-passkey ("create" or "get") asks the device before it is sent.
// Options stand in the page (data-passkey-options, an id) or are fetched when asked for (data-passkey-from, a URL).
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withBytes = (credentials) => credentials?.map((one) => ({ ...one, id: bytes(one.id) }));

async function optionsOf(form) {
  if (!form.dataset.passkeyFrom) return JSON.parse(document.getElementById(form.dataset.passkeyOptions).textContent).publicKey;
  const answer = await fetch(form.dataset.passkeyFrom, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return (await answer.json()).request_options.publicKey;
}

// As the server wants them: discoverable and verified when the key alone is to open the door.
function forCreation(options, alone) {
  const selection = { ...options.authenticatorSelection, residentKey: alone ? "required" : "discouraged", requireResidentKey: alone };
  if (alone) selection.userVerification = "required";
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: withBytes(options.excludeCredentials),
    authenticatorSelection: selection,
  };
}
const forUse = (options) => ({ ...options, challenge: bytes(options.challenge), allowCredentials: withBytes(options.allowCredentials) });

// A credential as JSON: every buffer becomes base64url.
function plain(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function ask(form) {
  const options = await optionsOf(form);
  if (form.dataset.passkey === "get") return navigator.credentials.get({ publicKey: forUse(options) });
  return navigator.credentials.create({ publicKey: forCreation(options, form.elements.passwordless.checked) });
}

async function submitted(event) {
  event.preventDefault();
  const form = event.target;
  const said = form.querySelector("[data-passkey-said]");
  said.textContent = "";
  try {
    form.elements.credential.value = JSON.stringify(plain(await ask(form)));
    form.submit();
  } catch {
    said.textContent = said.dataset.none;
  }
}

const possible = window.isSecureContext && "PublicKeyCredential" in window && !/^[\d.]+$|^\[/.test(location.hostname);
for (const form of document.querySelectorAll("[data-passkey]")) {
  form.addEventListener("submit", submitted);
  if (possible) form.hidden = false;
  else {
    const said = form.querySelector("[data-passkey-said]");
    form.querySelector("[type=submit]").disabled = true;
    said.textContent = said.dataset.cannot ?? "";
  }
}
