"use strict";
// The feed without reloading. The browser itself comes back after a break and names the last event that it got.
(() => {
  const list = document.getElementById("news"), state = document.getElementById("state");
  const source = new EventSource("/feed/events?after=" + list.dataset.last);

  const show = (kind) => (e) => {
    const news = JSON.parse(e.data), item = document.createElement("li");
    const text = document.createElement("p"), who = document.createElement("small");
    text.textContent = news.text;
    who.textContent = kind + ", " + news.who;
    item.append(text, who);
    list.prepend(item);
  };

  source.addEventListener("note", show("new note"));
  source.addEventListener("chat", show("chat"));
  source.onopen = () => { state.textContent = "Live: what is new comes by itself."; };
  source.onerror = () => { state.textContent = "Not connected. Trying again."; };
})();
