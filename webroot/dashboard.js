// The dashboard polls /stats once per second and draws the figures. Text is added to the page as text,
// never as markup.

import { BarTable, LineChart } from "./charts.js";

const SECONDS = 120;
const TOKEN = "apexstore.token";
const find = (id) => document.getElementById(id);

let token = sessionStorage.getItem(TOKEN) || "";
let previous = null;
let timer = 0;

function count(value) {
  if (value === null) {
    return "–";
  }
  if (value < 10) {
    return value.toFixed(value % 1 === 0 ? 0 : 1);
  }
  for (const [size, suffix] of [[1e9, " G"], [1e6, " M"], [1e4, " k"]]) {
    if (value >= size) {
      const scaled = value / (suffix === " k" ? 1e3 : size);
      const tenths = Math.round(scaled * 10) / 10;
      return (scaled < 100 ? String(tenths) : scaled.toFixed(0)) + suffix;
    }
  }
  return Math.round(value).toLocaleString("en");
}

function bytes(value) {
  let scaled = value;
  for (const unit of ["B", "KiB", "MiB", "GiB", "TiB"]) {
    if (scaled < 1000 || unit === "TiB") {
      return (scaled < 10 && scaled % 1 !== 0 ? scaled.toFixed(1) : Math.round(scaled)) + " " + unit;
    }
    scaled /= 1024;
  }
  return "";
}

function micros(value) {
  if (value === null) {
    return "–";
  }
  for (const [size, unit] of [[1e6, "s"], [1e3, "ms"]]) {
    if (value >= size) {
      const scaled = value / size;
      return (scaled < 10 && scaled % 1 !== 0 ? scaled.toFixed(1) : Math.round(scaled)) + " " + unit;
    }
  }
  return (value < 10 && value % 1 !== 0 ? value.toFixed(1) : Math.round(value)) + " µs";
}

function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  const from = first < 0 ? 3 : first;
  return parts.slice(from, from + 2).map(([value, unit]) => value + unit).join(" ");
}

const latencySeries = [
  { key: "p50", label: "p50" },
  { key: "p99", label: "p99" },
  { key: "p999", label: "p99.9" },
];
const latency = { series: latencySeries, format: micros, log: true, floor: 10 };
const charts = {
  throughput: new LineChart(find("throughput"), {
    series: [{ key: "reads", label: "reads" }, { key: "writes", label: "writes" }],
    format: count, area: true, floor: 10,
  }, SECONDS),
  get: new LineChart(find("get-latency"), latency, SECONDS),
  put: new LineChart(find("put-latency"), latency, SECONDS),
  memtable: new LineChart(find("memtable"), {
    series: [{ key: "active", label: "active" }, { key: "sealed", label: "being flushed" }],
    format: bytes, binary: true, area: true, floor: 65536, limit: "limit",
  }, SECONDS),
  log: new LineChart(find("log"), {
    series: [{ key: "disk", label: "on disk" }, { key: "unflushed", label: "to replay after a crash" }],
    format: bytes, binary: true, area: true, floor: 65536,
  }, SECONDS),
  background: new LineChart(find("background"), {
    series: [
      { key: "log", label: "log" },
      { key: "flush", label: "flush" },
      { key: "compaction", label: "compaction" },
    ],
    format: bytes, binary: true, floor: 65536,
  }, SECONDS),
};
const levels = new BarTable(find("levels"), ["level", "tables", "entries", "size"]);

/** The change of a figure per second since the previous answer; null if there is none. */
function rate(now, of) {
  if (!previous || now.uptime_ms < previous.uptime_ms) {
    return null;
  }
  const seconds = (now.uptime_ms - previous.uptime_ms) / 1000;
  return seconds > 0 ? Math.max(0, (of(now) - of(previous)) / seconds) : null;
}

function percentiles(operation) {
  const known = operation && operation.recent > 0;
  return {
    p50: known ? operation.p50_us : null,
    p99: known ? operation.p99_us : null,
    p999: known ? operation.p999_us : null,
  };
}

function show(now) {
  const reads = rate(now, (s) => s.reads.gets + s.reads.scans);
  const writes = rate(now, (s) => s.writes.operations);
  const get = percentiles(now.requests.get);
  const put = percentiles(now.requests.put);
  const lookups = now.cache.hits + now.cache.misses;

  find("reads-now").textContent = count(reads);
  find("writes-now").textContent = count(writes);
  find("get-now").textContent = micros(get.p99);
  find("put-now").textContent = micros(put.p99);
  find("disk-now").textContent = bytes(now.disk.total_bytes);
  find("cache-now").textContent =
    lookups > 0 ? ((100 * now.cache.hits) / lookups).toFixed(1) + " %" : "–";
  find("uptime").textContent = duration(now.uptime_ms);
  find("version").textContent = now.version.toLocaleString("en");
  find("connections").textContent = String(now.server.connections);

  charts.throughput.add({ reads, writes });
  charts.get.add(get);
  charts.put.add(put);
  charts.memtable.add({
    active: now.memtable.active_bytes,
    sealed: now.memtable.sealed_bytes,
    limit: now.memtable.limit_bytes,
  });
  charts.log.add({ disk: now.log.disk_bytes, unflushed: now.log.unflushed_bytes });
  charts.background.add({
    log: rate(now, (s) => s.log.written_bytes),
    flush: rate(now, (s) => s.writes.flush_bytes),
    compaction: rate(now, (s) => s.writes.compaction_write_bytes),
  });
  find("memtable-note").textContent =
    now.memtable.active_entries.toLocaleString("en") + " entries; sealed at " +
    bytes(now.memtable.limit_bytes);
  const syncs = rate(now, (s) => s.log.syncs);
  find("log-note").textContent = syncs === null ? "" : count(syncs) + " syncs per second";
  showLevels(now);
  showState(now);
  previous = now;
}

function showLevels(now) {
  const used = now.levels.filter((level) => level.tables > 0);
  find("levels-note").textContent =
    now.writes.user_bytes > 0
      ? "write amplification " + now.amplification.table_write.toFixed(1)
      : "";
  levels.show(
    used.map((level) => ({
      label: "L" + level.level,
      value: level.bytes,
      cells: [count(level.tables), count(level.entries), bytes(level.bytes)],
    })));
}

function showState(now) {
  const kinds = { healthy: "good", slowed: "warn" };
  const explanations = {
    work_behind: "Writers are held back",
    disk_full: "The disk is full. Writes are refused until there is free space",
    storage_unavailable: "The system refuses file operations. The store tries again",
    storage_failed: "A write to disk failed. Writes are refused until a restart",
    damage: "Data is damaged",
  };
  state(now.health.state.replace("_", " "), kinds[now.health.state] || "bad");
  const banner = find("stall");
  banner.hidden = now.health.causes.length === 0;
  banner.textContent = now.health.causes
    .map(({ cause, text }) => (explanations[cause] || cause) + (text ? ": " + text : "") + ".")
    .join(" ");
}

function state(word, kind) {
  const pill = find("state");
  pill.textContent = word;
  pill.className = "pill " + kind;
}

function showLogin(message) {
  clearTimeout(timer);
  find("board").hidden = true;
  find("leave").hidden = true;
  find("facts").hidden = true;
  find("login").hidden = false;
  find("token-error").hidden = message === "";
  find("token-error").textContent = message;
  state("no token", "");
  find("token").focus();
}

async function poll() {
  clearTimeout(timer);
  try {
    const headers = token ? { Authorization: "Bearer " + token } : {};
    const answer = await fetch("stats", { headers, cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) {
      showLogin(token ? "The server does not accept this token." : "");
      return;
    }
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    const now = await answer.json();
    find("login").hidden = true;
    find("board").hidden = false;
    find("facts").hidden = false;
    find("leave").hidden = token === "";
    show(now);
  } catch (error) {
    state("unreachable", "bad");
    Object.values(charts).forEach((chart) => chart.add({})); // a gap in every line
    console.warn("the server did not answer:", error);
  }
  timer = setTimeout(poll, 1000);
}

find("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = find("token").value.trim();
  find("token").value = "";
  sessionStorage.setItem(TOKEN, token);
  previous = null;
  poll();
});

find("leave").addEventListener("click", () => {
  sessionStorage.removeItem(TOKEN);
  token = "";
  showLogin("");
});

poll();
