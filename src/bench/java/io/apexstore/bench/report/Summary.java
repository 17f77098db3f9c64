package io.apexstore.bench.report;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The results of one commit, kept in a file. A new result replaces an old one of the same name.
 * Results of other commits are dropped.
 *
 * <p><b>Threads:</b> confined to one.
 */
public final class Summary {
  private final String commit;
  private final JsonObject machine;
  private final Map<String, Result> results = new LinkedHashMap<>();
  private final Map<String, JsonObject> runs = new LinkedHashMap<>();

  /** An empty summary. */
  public Summary(String commit, JsonObject machine) {
    this.commit = commit;
    this.machine = machine;
  }

  /** Reads a summary of any commit. */
  public static Summary read(Path file) throws IOException {
    JsonObject json = new JsonObject(Files.readString(file));
    Summary summary = new Summary(json.getString("commit"), json.getJsonObject("machine"));
    for (Object object : json.getJsonArray("workloads")) {
      summary.add(Result.ofJson((JsonObject) object));
    }
    for (Object object : json.getJsonArray("runs", new JsonArray())) {
      JsonObject run = (JsonObject) object;
      summary.addRun(run.getString("name"), run);
    }
    return summary;
  }

  /** Adds the results of the file, if there is one, that are of the same commit. */
  public void merge(Path file) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    Summary before = read(file);
    if (before.commit.equals(commit)) {
      before.results.forEach(results::putIfAbsent);
      before.runs.forEach(runs::putIfAbsent);
    }
  }

  /** Adds a result; replaces one of the same name. */
  public void add(Result result) {
    results.put(result.name(), result);
  }

  /** Adds the figures of a run without a peer; replaces those of the same name. */
  public void addRun(String name, JsonObject run) {
    runs.put(name, run.copy().put("name", name));
  }

  /** The results in the order in which they were first added. */
  public List<Result> results() {
    return new ArrayList<>(results.values());
  }

  /** The figures of runs without a peer. */
  public List<JsonObject> runs() {
    return new ArrayList<>(runs.values());
  }

  /** The commit that was measured. */
  public String commit() {
    return commit;
  }

  /** The machine of the measurements. */
  public JsonObject machine() {
    return machine;
  }

  /** Writes the file atomically: a reader sees the old one or the new one. */
  public void write(Path file) throws IOException {
    JsonArray workloads = new JsonArray();
    results.values().forEach(result -> workloads.add(result.toJson()));
    JsonArray others = new JsonArray();
    runs.values().forEach(others::add);
    JsonObject json =
        new JsonObject()
            .put("commit", commit)
            .put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
            .put("machine", machine)
            .put("workloads", workloads)
            .put("runs", others);
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.writeString(next, PrettyJson.of(json));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
