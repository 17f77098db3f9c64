package io.apexstore.bench.report;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The result of one workload on this store and on one peer.
 *
 * @param name the name of the workload, followed by that of the peer if it is not the first peer
 * @param title a title for people
 * @param group the group of workloads that it belongs to
 * @param unit the unit of the figures
 * @param lowerIsBetter whether less is better
 * @param peerName the name of the peer
 * @param peerVersion the version of the peer
 * @param ours our figure of each round
 * @param peer the peer's figure of each round
 * @param goal the goal as short text; empty if there is none
 * @param met whether the goal is met; true if there is none
 * @param ourDetails the medians of our details
 * @param peerDetails the medians of the peer's details
 * @param date the time of the measurement, in ISO 8601
 */
public record Result(
    String name,
    String title,
    String group,
    String unit,
    boolean lowerIsBetter,
    String peerName,
    String peerVersion,
    List<Double> ours,
    List<Double> peer,
    String goal,
    boolean met,
    Map<String, Double> ourDetails,
    Map<String, Double> peerDetails,
    String date) {

  /** Median of our rounds. */
  public double oursMedian() {
    return median(ours);
  }

  /** Median of the peer's rounds. */
  public double peerMedian() {
    return median(peer);
  }

  /** Returns this result with another verdict on the goal. */
  public Result withMet(boolean newMet) {
    return new Result(
        name,
        title,
        group,
        unit,
        lowerIsBetter,
        peerName,
        peerVersion,
        ours,
        peer,
        goal,
        newMet,
        ourDetails,
        peerDetails,
        date);
  }

  /** Our median divided by the peer's. */
  public double ratio() {
    return oursMedian() / peerMedian();
  }

  /** The lowest ratio of one of our rounds to the same round of the peer. */
  public double ratioMin() {
    return Arrays.stream(ratios()).min().orElse(Double.NaN);
  }

  /** The highest ratio of one of our rounds to the same round of the peer. */
  public double ratioMax() {
    return Arrays.stream(ratios()).max().orElse(Double.NaN);
  }

  /** How many times better ours is: the ratio, or its inverse if less is better. */
  public double advantage() {
    return lowerIsBetter ? 1 / ratio() : ratio();
  }

  private double[] ratios() {
    double[] ratios = new double[Math.min(ours.size(), peer.size())];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = ours.get(i) / peer.get(i);
    }
    return ratios;
  }

  /** Returns the middle value, or the mean of the two in the middle. */
  public static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (sorted.length == 0) {
      return Double.NaN;
    }
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** Returns this result as an object of the summary file. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("name", name)
        .put("title", title)
        .put("group", group)
        .put("unit", unit)
        .put("better", lowerIsBetter ? "lower" : "higher")
        .put("ours", oursMedian())
        .put("peer", peerMedian())
        .put("peer_name", peerName)
        .put("peer_version", peerVersion)
        .put("ratio", finite(ratio()))
        .put("min", finite(ratioMin()))
        .put("max", finite(ratioMax()))
        .put("rounds", ours.size())
        .put("goal", goal)
        .put("met", met)
        .put("ours_rounds", new JsonArray(List.copyOf(ours)))
        .put("peer_rounds", new JsonArray(List.copyOf(peer)))
        .put("ours_details", details(ourDetails))
        .put("peer_details", details(peerDetails))
        .put("date", date);
  }

  /** Returns the number, or null if JSON cannot represent it. */
  private static @Nullable Double finite(double number) {
    return Double.isFinite(number) ? number : null;
  }

  private static JsonObject details(Map<String, Double> details) {
    JsonObject object = new JsonObject();
    details.forEach((name, value) -> object.put(name, finite(value)));
    return object;
  }

  /** Parses an object of the summary file. */
  public static Result ofJson(JsonObject json) {
    return new Result(
        json.getString("name"),
        json.getString("title"),
        json.getString("group"),
        json.getString("unit"),
        json.getString("better").equals("lower"),
        json.getString("peer_name"),
        json.getString("peer_version"),
        numbers(json.getJsonArray("ours_rounds")),
        numbers(json.getJsonArray("peer_rounds")),
        json.getString("goal"),
        json.getBoolean("met"),
        numbers(json.getJsonObject("ours_details")),
        numbers(json.getJsonObject("peer_details")),
        json.getString("date"));
  }

  private static List<Double> numbers(JsonArray array) {
    return array.stream().map(number -> ((Number) number).doubleValue()).toList();
  }

  /** Returns the members of an object of numbers, in their order. */
  public static Map<String, Double> numbers(JsonObject object) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    for (Map.Entry<String, Object> entry : object) {
      boolean finite = entry.getValue() instanceof Number;
      numbers.put(entry.getKey(), finite ? ((Number) entry.getValue()).doubleValue() : Double.NaN);
    }
    return numbers;
  }
}
