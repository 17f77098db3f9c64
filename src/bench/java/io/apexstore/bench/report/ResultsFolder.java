package io.apexstore.bench.report;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The directory of the results: {@code summary.json}, and {@code index.html}, which is generated
 * from it.
 *
 * @param folder the directory
 * @param home the directory of the repository
 */
public record ResultsFolder(Path folder, Path home) {
  /** Returns the directory of measurements. */
  public static ResultsFolder of(Path home) {
    return new ResultsFolder(home.resolve("target/bench"), home);
  }

  /** Returns the directory of runs that test the benchmark itself. */
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

  /** The file for the output of the measured programs. */
  public Path logFile() {
    return folder.resolve("stores.log");
  }

  /** Returns the results so far of the commit that is checked out. */
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

  /** Adds the figures of a run without a peer and writes both files. */
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
