package io.apexstore.architecture;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The table of layers. A package uses itself and the rows below its own; it does not see its
 * neighbours in the row. A package that the table does not name belongs to the nearest one above it
 * in the tree where that is marked with a star, and is an error otherwise.
 */
final class Layers {

  /** From the top. The root package itself is written as {@code .}. */
  private static final List<List<String>> ROWS =
      List.of(
          List.of("cli"),
          List.of("server"),
          List.of("server.rest", "server.dashboard"),
          List.of(
              "server.rest.key",
              "server.rest.scan",
              "server.rest.feed",
              "server.rest.bulk",
              "server.rest.admin"),
          List.of("server.rest.context"),
          List.of("server.rest.body"),
          List.of("server.auth", "server.limit", "server.metrics", "server.config", "server.http"),
          List.of("server.http.json", "server.operation"),
          List.of("vertx"),
          List.of("."),
          List.of("encryption"),
          List.of("engine"),
          List.of("engine.expiry"),
          List.of("engine.background"),
          List.of("engine.commit"),
          List.of("engine.keyspace"),
          List.of("engine.read"),
          List.of("engine.feed"),
          List.of("engine.compaction"),
          List.of("engine.version"),
          List.of("engine.wal", "engine.sstable"),
          List.of("engine.manifest", "engine.memtable"),
          List.of("engine.codec"),
          List.of("engine.encryption"),
          List.of("engine.file", "engine.iterator", "engine.filter", "engine.cache"),
          List.of("engine.tombstone", "engine.io"),
          List.of("engine.base"),
          List.of("stats"),
          List.of("options"),
          List.of("error"));

  private final String root;
  private final Map<String, Integer> depthByPackage = new HashMap<>();

  /**
   * @param root the package that the table's names are relative to
   */
  Layers(String root) {
    this.root = root;
    for (int depth = 0; depth < ROWS.size(); depth++) {
      for (String name : ROWS.get(depth)) {
        depthByPackage.put(name, depth);
      }
    }
  }

  /** The rows of the table from the top, without the stars. */
  static List<List<String>> rows() {
    return ROWS.stream()
        .map(row -> row.stream().map(name -> name.replace("*", "")).toList())
        .toList();
  }

  /** The name in the table that a package goes by, or null where the table has no place for it. */
  @Nullable String placeOf(String packageName) {
    if (packageName.equals(root)) {
      return ".";
    }
    if (!packageName.startsWith(root + ".")) {
      throw new IllegalArgumentException(packageName + " is not below " + root);
    }
    String name = packageName.substring(root.length() + 1);
    if (depthByPackage.containsKey(name)) {
      return name;
    }
    for (String above = name; ; above = above.substring(0, above.lastIndexOf('.'))) {
      if (depthByPackage.containsKey(above + "*")) {
        return above + "*";
      }
      if (above.indexOf('.') < 0) {
        return null;
      }
    }
  }

  /** The condition that a class stands in the table and uses only what it may. */
  ArchCondition<JavaClass> respected() {
    return new ArchCondition<>("use only packages of the rows below their own") {
      @Override
      public void check(JavaClass item, ConditionEvents events) {
        String user = placeOf(item.getPackageName());
        if (user == null) {
          events.add(
              SimpleConditionEvent.violated(
                  item, item.getPackageName() + " has no place in the table of layers"));
          return;
        }
        for (Dependency dependency : item.getDirectDependenciesFromSelf()) {
          checkUse(user, dependency, events);
        }
      }
    };
  }

  private void checkUse(String user, Dependency dependency, ConditionEvents events) {
    String target = dependency.getTargetClass().getBaseComponentType().getPackageName();
    if (!target.equals(root) && !target.startsWith(root + ".")) {
      return;
    }
    String used = placeOf(target);
    if (used == null || used.equals(user)) {
      return; // The used class is reported itself where it has no place.
    }
    if (depthOf(used) <= depthOf(user)) {
      events.add(
          SimpleConditionEvent.violated(
              dependency, user + " must not use " + used + ": " + dependency.getDescription()));
    }
  }

  private int depthOf(String name) {
    return Objects.requireNonNull(depthByPackage.get(name), name);
  }
}
