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
 * The table of layers. A package may use the packages of the rows below its own, but not those of
 * its own row. A package that the table does not name is an error.
 */
final class Layers {

  /** From the top. The root package is written as {@code .}. */
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
   * @param root the package that the names in the table are relative to
   */
  Layers(String root) {
    this.root = root;
    for (int depth = 0; depth < ROWS.size(); depth++) {
      for (String name : ROWS.get(depth)) {
        depthByPackage.put(name, depth);
      }
    }
  }

  /** The rows of the table, from the top. */
  static List<List<String>> rows() {
    return ROWS;
  }

  /** The name of a package in the table, or null if the table does not name it. */
  private @Nullable String rowNameOf(String packageName) {
    if (packageName.equals(root)) {
      return ".";
    }
    String name = packageName.substring(root.length() + 1);
    return depthByPackage.containsKey(name) ? name : null;
  }

  /** The condition that a class is in a package of the table and uses only the rows below. */
  ArchCondition<JavaClass> respected() {
    return new ArchCondition<>("use only packages of the rows below their own") {
      @Override
      public void check(JavaClass item, ConditionEvents events) {
        String user = rowNameOf(item.getPackageName());
        if (user == null) {
          events.add(
              SimpleConditionEvent.violated(
                  item, item.getPackageName() + " is not in the table of layers"));
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
    String used = rowNameOf(target);
    if (used == null || used.equals(user)) {
      return; // A used class that is not in the table is reported itself.
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
