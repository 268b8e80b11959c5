"use strict";
// The chat without reloading. While there is no connection the form is sent as any other form.
(() => {
  const list = document.getElementById("said"), state = document.getElementById("state");
  const form = document.getElementById("say"), field = document.getElementById("text");
  let last = Number(list.dataset.last), wait = 1000, socket = null;

  const show = (said) => {
    const item = document.createElement("li");
    const text = document.createElement("p"), who = document.createElement("small");
    text.innerHTML = said.text; // CWE-79: shown as markup
    who.textContent = said.who;
    item.append(text, who);
    list.prepend(item);
    last = said.id;
  };

  const connect = () => {
    socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/chat/socket?after=" + last);
    socket.onopen = () => { wait = 1000; state.textContent = "Live: messages come by themselves."; };
    socket.onmessage = (e) => show(JSON.parse(e.data));
    socket.onclose = () => {
      state.textContent = "Not connected. Trying again.";
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, 30000);
    };
  };

  form.addEventListener("submit", (e) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    e.preventDefault();
    socket.send(field.value);
    field.value = "";
  });
  connect();
})();
