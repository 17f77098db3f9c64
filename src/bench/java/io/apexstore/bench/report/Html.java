package io.apexstore.bench.report;

import java.util.Locale;

/** Helpers for HTML. */
final class Html {
  private Html() {}

  /** Returns text escaped for an element or an attribute. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** Returns a share of a whole as a percentage of CSS. */
  static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f%%", share * 100);
  }

  /** Returns a coordinate. */
  static String coordinate(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  /** Returns the CSS class of a store's color. */
  static String storeClass(String storeName) {
    String name = storeName.toLowerCase(Locale.ROOT);
    if (name.contains("rocksdb")) {
      return "rocksdb";
    }
    if (name.contains("lmdb")) {
      return "lmdb";
    }
    return name.contains("mvstore") ? "mvstore" : "other";
  }
}
