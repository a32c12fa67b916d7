/** A page that calls a service: a call is one message, its answer another. */

import { Connection } from "./zapette/connection/connection.js";
import { openMqttTransport } from "./zapette/mqtt/transport.js";
import { Rpc } from "./zapette/connection/rpc.js";

const service = (topics) => topics.service("bank");
const login = document.getElementById("login");
const bank = document.getElementById("bank");
let rpc = null;

/** Connect with the household account that you typed. */
function enter({ url, name, password }) {
  const me = `page-${Math.random().toString(36).slice(2)}`;
  const account = { client_id: me, username: name, password };
  const connection = new Connection({
    open: openMqttTransport,
    credentials: async () => ({ url, base_topic: "zapette", ...account }),
    keepAlive: 30,
  });
  rpc = new Rpc(connection);
  rpc.expect(service);
  connection.subscribe(({ topics }) => [service(topics).event("changed")]);
  connection.received.listen(({ topic, payload }) => {
    const { topics } = connection.session;
    if (topic !== service(topics).event("changed")) return;
    show(JSON.parse(new TextDecoder().decode(payload)).balance);
  });
  connection.changed.listen(() => tell(connection.problem));
  connection.opened.listen(() => {
    login.hidden = true;
    bank.hidden = false;
    ask("balance").then(show, tell);
  });
  connection.start();
}

function ask(procedure, ...parameters) {
  return rpc.call(service, procedure, parameters);
}

function show(balance) {
  document.getElementById("balance").value = balance;
}

function tell(error) {
  const code = error && error.code ? `${error.code}: ` : "";
  document.getElementById("error").textContent = error
    ? code + error.message
    : "";
}

login.addEventListener("submit", (event) => {
  event.preventDefault();
  enter(Object.fromEntries(new FormData(login)));
});

bank.addEventListener("submit", (event) => {
  event.preventDefault();
  tell(null);
  const amount = Number(new FormData(bank).get("amount"));
  ask(event.submitter.value, amount).then(show, tell);
});
