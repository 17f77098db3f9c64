package io.apexstore.bench.report;

/** The style sheet of the page, light or dark as the system of the reader. */
final class Style {
  static final String CSS =
      """
      :root {
        color-scheme: light dark;
        --page: #f6f7f9; --card: #ffffff; --text: #16202c; --soft: #5d6b7a; --line: #e1e6ec;
        --apex: #0b7a75; --ahead: #12a594; --behind: #e2803b; --goal: #16202c;
        --rocksdb: #d9592b; --lmdb: #7a5bd0; --mvstore: #3f7fd1; --other: #8792a0;
        --good: #0c7a5a; --bad: #b4471a;
      }
      @media (prefers-color-scheme: dark) {
        :root {
          --page: #10151b; --card: #182029; --text: #e7edf3; --soft: #93a1b0; --line: #2a3541;
          --apex: #3fd0c1; --ahead: #1fb3a3; --behind: #d97c3d; --goal: #e7edf3;
          --rocksdb: #ff8a5c; --lmdb: #b39bff; --mvstore: #7db4ff; --other: #93a1b0;
          --good: #52d6a6; --bad: #ff9a66;
        }
      }
      * { box-sizing: border-box; }
      body {
        margin: 0; background: var(--page); color: var(--text);
        font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
      }
      main { max-width: 1080px; margin: 0 auto; padding: 40px 20px 60px; }
      h1 { font-size: 30px; margin: 0 0 6px; letter-spacing: -0.02em; }
      h2 { font-size: 19px; margin: 0; letter-spacing: -0.01em; }
      header p, .about, footer { color: var(--soft); margin: 0; }
      .about { margin-bottom: 14px; }
      code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.92em; }
      section { margin-top: 40px; }
      footer { margin-top: 44px; font-size: 13px; }
      .tiles { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 24px; }
      .tile {
        flex: 1 1 160px; background: var(--card); border: 1px solid var(--line);
        border-radius: 12px; padding: 14px 18px;
      }
      .tile b { display: block; font-size: 27px; line-height: 1.2; letter-spacing: -0.02em; }
      .tile span { color: var(--soft); font-size: 13px; }
      .bars, .card, .scroll {
        background: var(--card); border: 1px solid var(--line); border-radius: 12px;
      }
      .bars { padding: 10px 18px 12px; }
      .row {
        display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr) 124px; gap: 16px;
        align-items: center; padding: 8px 0; border-top: 1px solid var(--line);
      }
      .row.axis { border-top: 0; padding: 2px 0; }
      .label b { display: block; font-weight: 550; line-height: 1.3; }
      .chip { font-size: 12px; color: var(--other); }
      .chip.rocksdb { color: var(--rocksdb); }
      .chip.lmdb { color: var(--lmdb); }
      .chip.mvstore { color: var(--mvstore); }
      .track { position: relative; height: 26px; }
      .axis .track { height: 18px; }
      .track i { position: absolute; display: block; }
      .tick {
        position: absolute; transform: translateX(-50%); font-size: 11px; color: var(--soft);
      }
      .one { top: -8px; bottom: -8px; width: 1px; background: var(--soft); opacity: 0.55; }
      .bar { top: 6px; height: 14px; border-radius: 3px; min-width: 2px; }
      .bar.ahead { background: var(--ahead); }
      .bar.behind { background: var(--behind); }
      .spread { top: 12.5px; height: 1.5px; background: var(--text); opacity: 0.75; }
      .spread::before, .spread::after {
        content: ""; position: absolute; top: -3px; width: 1.5px; height: 7.5px;
        background: var(--text);
      }
      .spread::before { left: 0; }
      .spread::after { right: 0; }
      .goal {
        top: 1px; width: 0; height: 24px; border-left: 2px dashed var(--goal); margin-left: -1px;
      }
      .figure { text-align: right; line-height: 1.25; font-variant-numeric: tabular-nums; }
      .figure b { font-size: 16px; display: block; }
      .figure span { font-size: 12px; }
      .met { color: var(--good); }
      .missed { color: var(--bad); }
      .met::before { content: "✓ "; }
      .missed::before { content: "✗ "; }
      .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 14px; }
      .card { margin: 0; padding: 14px 14px 8px; }
      figcaption { font-weight: 550; padding: 0 4px 6px; }
      figcaption span {
        display: block; color: var(--soft); font-weight: 400; font-size: 13px;
      }
      svg { display: block; width: 100%; height: auto; }
      svg text { font-size: 11.5px; fill: var(--soft); }
      .grid { stroke: var(--line); }
      .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
      .apex { --own: var(--apex); }
      svg .rocksdb { --own: var(--rocksdb); }
      svg .lmdb { --own: var(--lmdb); }
      svg .mvstore { --own: var(--mvstore); }
      svg .other { --own: var(--other); }
      path.line { stroke: var(--own); }
      circle { fill: var(--own); }
      text.name { fill: var(--own); font-weight: 600; }
      .scroll { overflow-x: auto; padding: 4px 14px; }
      table { border-collapse: collapse; width: 100%; font-size: 13px; }
      th, td {
        text-align: left; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line);
        white-space: nowrap;
      }
      tr:last-child td, tr:last-child th { border-bottom: 0; }
      th { color: var(--soft); font-weight: 500; }
      .n { text-align: right; font-variant-numeric: tabular-nums; }
      .pair { display: inline-block; margin-right: 14px; color: var(--soft); }
      .pair b { color: var(--text); font-weight: 550; }
      @media (max-width: 640px) {
        .row { grid-template-columns: 1fr 84px; gap: 4px 12px; }
        .row .label { grid-column: 1 / -1; }
        .row.axis > :first-child { display: none; }
      }
      """;

  private Style() {}
}
