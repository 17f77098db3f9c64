/**
 * JSON in and out, without a tree of objects in between.
 *
 * <p>{@link io.apexstore.server.http.json.JsonInput} reads a body strictly and within limits, and
 * reports errors as {@link io.apexstore.server.http.json.JsonException}. {@link
 * io.apexstore.server.http.json.JsonOutput} writes into a byte array. Keys and values are bytes;
 * {@code Utf8} decides whether they are written as a string or in Base64.
 */
@NullMarked
package io.apexstore.server.http.json;

import org.jspecify.annotations.NullMarked;
