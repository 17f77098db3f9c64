package io.apexstore.server.dashboard;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The files of the dashboard, read once from the jar. Only the files listed here are served, so no
 * path can reach any other file.
 *
 * <p><b>Threads:</b> immutable.
 */
public final class WebRoot {
  private static final String FOLDER = "/webroot/";
  private static final Map<String, String> TYPE_BY_NAME =
      Map.of(
          "index.html", "text/html; charset=utf-8",
          "dashboard.css", "text/css; charset=utf-8",
          "dashboard.js", "text/javascript; charset=utf-8",
          "charts.js", "text/javascript; charset=utf-8",
          "icon.svg", "image/svg+xml");

  private final Map<String, File> filesByPath;

  private WebRoot(Map<String, File> filesByPath) {
    this.filesByPath = filesByPath;
  }

  /**
   * A file.
   *
   * @param type the media type
   * @param content the bytes
   */
  record File(String type, Buffer content) {}

  /** Reads the files from the jar. Blocks. */
  public static WebRoot load() {
    Map<String, File> files = new LinkedHashMap<>();
    TYPE_BY_NAME.forEach(
        (name, type) ->
            files.put(name.equals("index.html") ? "/" : "/" + name, new File(type, read(name))));
    return new WebRoot(files);
  }

  private static Buffer read(String name) {
    try (InputStream in = WebRoot.class.getResourceAsStream(FOLDER + name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not in the jar");
      }
      return Buffer.buffer(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Map<String, File> filesByPath() {
    return filesByPath;
  }
}
