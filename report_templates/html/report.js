// Turns the drawings of this page into live charts. The page is complete without it.
(async () => {
  "use strict";
  const charts = [...document.querySelectorAll("figure[data-chart]")];
  const packed = document.getElementById("plotly-js");

  const marker = "IntersectionObserver" in window && document.querySelector(".contents");
  if (marker) {
    const links = new Map([...marker.querySelectorAll("a")].map(a => [a.hash.slice(1), a]));
    const seen = new Set();
    const observer = new IntersectionObserver(entries => {
      for (const entry of entries) seen[entry.isIntersecting ? "add" : "delete"](entry.target);
      const top = [...seen].sort((a, b) => a.offsetTop - b.offsetTop)[0];
      if (!top) return;
      for (const [id, link] of links) {
        const here = id === top.getAttribute("aria-labelledby");
        link.classList.toggle("here", here);
        if (here) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      }
    }, { rootMargin: "-10% 0px -70% 0px" });
    document.querySelectorAll("main > section").forEach(section => observer.observe(section));
  }

  if (!charts.length || !packed || !("DecompressionStream" in window)) return;
  try {
    const text = atob(packed.textContent.trim());
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);  // ten times quicker than from()
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();  // the page's policy names its hash
    document.head.append(script);
    packed.remove();
    await document.fonts.ready;
    if (!window.Plotly) return;
    const touch = matchMedia("(pointer: coarse)").matches;
    for (const chart of charts) {
      const { data, layout } = JSON.parse(chart.querySelector("script").textContent);
      const live = chart.querySelector(".live");
      const height = layout.height;
      delete layout.width;
      layout.autosize = true;
      if (touch) layout.dragmode = false;
      chart.classList.add("drawing");  // laid out but unseen: the drawing stays until the chart is done
      try {
        await window.Plotly.newPlot(live, data, { ...layout, height }, { displayModeBar: false, responsive: true });
        chart.classList.add("ready");
      } catch (error) {
        live.replaceChildren();
      }
      chart.classList.remove("drawing");
      await new Promise(next => setTimeout(next));
    }
    document.documentElement.dataset.charts = "ready";
  } catch (error) {
    charts.forEach(chart => chart.classList.remove("drawing"));
  }
})();
