using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Completions;

/// <summary>
/// The JSON of <c>/v1/completions</c> with vLLM's fields for ids: a prompt of ids, <c>stop_token_ids</c>, and
/// <c>return_token_ids</c>, so that what is trained on are the very tokens that were sampled.
/// </summary>
internal static class CompletionJson
{
    public static byte[] Write(string model, CompletionRequest request)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, JsonText.Writer))
        {
            json.WriteStartObject();
            json.WriteString("model", model);
            WriteIds(json, "prompt", request.Prompt);
            json.WriteNumber("max_tokens", request.MaxTokens);
            json.WriteNumber("temperature", request.Temperature);
            json.WriteNumber("top_p", request.TopP);
            // vLLM's "all" is −1.
            json.WriteNumber("top_k", request.TopK == 0 ? -1 : request.TopK);
            json.WriteNumber("seed", request.Seed);
            WriteIds(json, "stop_token_ids", request.StopTokens);
            json.WriteBoolean("return_token_ids", true);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a reply.</summary>
    /// <exception cref="EndpointException">It is no completion, or holds no token ids.</exception>
    /// <param name="body">The JSON.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="idLimit">One more than the largest id of the vocabulary.</param>
    public static CompletionReply Read(ReadOnlyMemory<byte> body, CompletionRequest request, int idLimit)
    {
        IReadOnlyCollection<int> stopTokens = request.StopTokens;
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement choice = document.RootElement.GetProperty("choices")[0];
            if (!choice.TryGetProperty("token_ids", out JsonElement ids) || ids.ValueKind != JsonValueKind.Array)
            {
                throw new EndpointException(
                    EndpointFault.Fatal,
                    "the server returns no token_ids: vLLM 0.10.2 or later does"
                );
            }

            List<int> tokens = [.. ids.EnumerateArray().Select(id => id.GetInt32())];
            bool stopped = choice.GetProperty("finish_reason").GetString() == "stop";
            if (stopped && (tokens.Count == 0 || !stopTokens.Contains(tokens[^1])))
            {
                // Some servers name the stop token apart from the ids.
                bool named = choice.TryGetProperty("stop_reason", out JsonElement stop);
                tokens.Add(named && stop.Number() is { } id ? id : stopTokens.First());
            }

            int foreign = tokens.FindIndex(id => id < 0 || id >= idLimit);
            if (foreign >= 0)
            {
                throw new EndpointException(
                    EndpointFault.Transient,
                    $"the answer holds the token {tokens[foreign]}, and the vocabulary ends at {idLimit - 1}"
                );
            }

            if (tokens.Count > request.MaxTokens + 1)
            {
                throw new EndpointException(
                    EndpointFault.Transient,
                    $"the answer holds {tokens.Count} tokens, {request.MaxTokens} were asked for"
                );
            }

            return new CompletionReply([.. tokens], stopped);
        }
        catch (Exception problem)
            when (problem
                    is JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or FormatException
                        or OverflowException
                        or IndexOutOfRangeException
            )
        {
            throw new EndpointException(
                EndpointFault.Transient,
                $"the answer holds no completion: {problem.Message}",
                problem
            );
        }
    }

    private static void WriteIds(Utf8JsonWriter json, string name, IEnumerable<int> ids)
    {
        json.WriteStartArray(name);
        foreach (int id in ids)
        {
            json.WriteNumberValue(id);
        }

        json.WriteEndArray();
    }

    private static int? Number(this JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : null;
}
