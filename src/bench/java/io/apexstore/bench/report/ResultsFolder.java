package io.apexstore.bench.report;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where results are kept: {@code summary.json}, and {@code index.html} made from it.
 *
 * @param folder the folder
 * @param home the repository's folder
 */
public record ResultsFolder(Path folder, Path home) {
  /** The folder of measurements. */
  public static ResultsFolder of(Path home) {
    return new ResultsFolder(home.resolve("target/bench"), home);
  }

  /** A folder for runs that only try the bench itself. */
  public static ResultsFolder ofTrials(Path home) {
    return new ResultsFolder(home.resolve("target/bench-trial"), home);
  }

  /** The summary file. */
  public Path summaryFile() {
    return folder.resolve("summary.json");
  }

  /** The page of charts. */
  public Path pageFile() {
    return folder.resolve("index.html");
  }

  /** A file for what the measured programs print. */
  public Path logFile() {
    return folder.resolve("stores.log");
  }

  /** What was measured so far at the commit that is checked out. */
  public Summary open() throws IOException {
    Files.createDirectories(folder);
    Summary summary = new Summary(Machine.commit(home), Machine.describe(folder));
    summary.merge(summaryFile());
    return summary;
  }

  /** Adds results and writes both files. */
  public void keep(List<Result> results) throws IOException {
    Summary summary = open();
    results.forEach(summary::add);
    write(summary);
  }

  /** Adds what a run without a peer found and writes both files. */
  public void keepRun(String name, JsonObject run) throws IOException {
    Summary summary = open();
    summary.addRun(name, run);
    write(summary);
  }

  /** Writes both files. */
  public void write(Summary summary) throws IOException {
    summary.write(summaryFile());
    HtmlReport.write(summary, pageFile());
  }
}
