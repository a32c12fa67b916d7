/** A service from a page: a call is a message, its answer another, and that is all there is to it. */

import mqtt from "./mqtt.js";

const BANK = "zapette/services/bank";
const TIMEOUT = 5000;

const me = `page-${Math.random().toString(36).slice(2)}`;
const waiting = new Map();
const login = document.getElementById("login");
const bank = document.getElementById("bank");
let client = null;
let calls = 0;

/** Call a procedure; the promise has its result, or fails with its error. */
function call(procedure, ...parameters) {
  const id = String(++calls);
  client.publish(
    `${BANK}/request/${me}/${id}/${procedure}`,
    JSON.stringify(parameters),
    {
      properties: { messageExpiryInterval: 10 },
    },
  );
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    setTimeout(() => reject(new Error("timeout: no answer")), TIMEOUT);
  });
}

function take(topic, payload) {
  const message = JSON.parse(payload.toString());
  if (topic === `${BANK}/event/changed`) return show(message.balance);
  const { resolve, reject } = waiting.get(topic.split("/").pop()) || {};
  if (message.error)
    reject?.(new Error(`${message.error.code}: ${message.error.message}`));
  else resolve?.(message.result);
}

function show(balance) {
  document.getElementById("balance").value = balance;
}

function tell(error) {
  document.getElementById("error").textContent = error ? error.message : "";
}

login.addEventListener("submit", (event) => {
  event.preventDefault();
  const { url, name, password } = Object.fromEntries(new FormData(login));
  client = mqtt.connect(url, {
    protocolVersion: 5,
    clientId: me,
    username: name,
    password,
  });
  client.on("message", take);
  client.on("error", tell);
  client.on("connect", async () => {
    await client.subscribeAsync([
      `${BANK}/response/${me}/#`,
      `${BANK}/event/changed`,
    ]);
    login.hidden = true;
    bank.hidden = false;
    call("balance").then(show, tell);
  });
});

bank.addEventListener("submit", (event) => {
  event.preventDefault();
  tell(null);
  call(event.submitter.value, Number(new FormData(bank).get("amount"))).then(
    show,
    tell,
  );
});
