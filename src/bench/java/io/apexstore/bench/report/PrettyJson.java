package io.apexstore.bench.report;

import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Iterator;
import java.util.Map;

/** JSON with one member per line, so that the files of two runs can be compared by eye. */
final class PrettyJson {
  private PrettyJson() {}

  static String of(JsonObject object) {
    StringBuilder text = new StringBuilder();
    append(text, object, "");
    return text.append('\n').toString();
  }

  private static void append(StringBuilder text, Object value, String indent) {
    String deeper = indent + "  ";
    if (value instanceof JsonObject object && !object.isEmpty()) {
      text.append("{\n");
      Iterator<Map.Entry<String, Object>> members = object.iterator();
      while (members.hasNext()) {
        Map.Entry<String, Object> member = members.next();
        text.append(deeper).append(Json.encode(member.getKey())).append(": ");
        append(text, member.getValue(), deeper);
        text.append(members.hasNext() ? ",\n" : "\n");
      }
      text.append(indent).append('}');
    } else if (value instanceof JsonArray array
        && array.stream().anyMatch(JsonObject.class::isInstance)) {
      text.append("[\n");
      Iterator<Object> elements = array.iterator();
      while (elements.hasNext()) {
        text.append(deeper);
        append(text, elements.next(), deeper);
        text.append(elements.hasNext() ? ",\n" : "\n");
      }
      text.append(indent).append(']');
    } else {
      text.append(Json.encode(value));
    }
  }
}
