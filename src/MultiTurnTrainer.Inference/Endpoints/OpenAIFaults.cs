namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>What an HTTP status means for the call and for the run.</summary>
internal static class OpenAIFaults
{
    private const int ShownCharacters = 300;

    public static EndpointException FromStatus(PipelineResponse response, TimeProvider time, Secrets secrets)
    {
        string detail = Detail(response.Content.ToMemory());
        EndpointFault fault = response.Status switch
        {
            // An exhausted quota comes as 429 too, and waiting does not refill it.
            429 when detail.Contains("insufficient_quota", StringComparison.Ordinal) => EndpointFault.Fatal,
            429 => EndpointFault.RateLimited,
            408 or 409 or 425 or >= 500 => EndpointFault.Transient,
            401 or 402 or 403 or 404 or 405 => EndpointFault.Fatal,
            _ => EndpointFault.Rejected,
        };
        string message = $"status {response.Status}{(detail.Length > 0 ? ": " : "")}{detail}";
        return new EndpointException(fault, secrets.Redact(message))
        {
            Status = response.Status,
            RetryAfter = RetryAfter(response.Headers, time),
        };
    }

    /// <summary>The delay a server asks for: milliseconds, seconds, or a date.</summary>
    private static TimeSpan? RetryAfter(PipelineResponseHeaders headers, TimeProvider time)
    {
        if (
            headers.TryGetValue("retry-after-ms", out string? milliseconds)
            && double.TryParse(milliseconds, CultureInfo.InvariantCulture, out double count)
        )
        {
            return Bounded(count / 1000);
        }

        if (!headers.TryGetValue("Retry-After", out string? text) || text is null)
        {
            return null;
        }

        if (double.TryParse(text, CultureInfo.InvariantCulture, out double seconds))
        {
            return Bounded(seconds);
        }

        return DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset date
        )
            ? Bounded((date - time.GetUtcNow()).TotalSeconds)
            : null;
    }

    private static TimeSpan? Bounded(double seconds) =>
        double.IsNaN(seconds) ? null : TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e6));

    private static string Detail(ReadOnlyMemory<byte> body)
    {
        string text = System.Text.Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, 4096)]);
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement error = document.RootElement.GetProperty("error");
            string? code = error.TryGetProperty("code", out JsonElement value) ? value.ToString() : null;
            text = string.Join(' ', new[] { code, error.GetProperty("message").GetString() }.OfType<string>());
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Not the usual shape: show what there is.
        }

        // One line, and never enough to hold a page of HTML.
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length > ShownCharacters ? text[..ShownCharacters] + "…" : text;
    }
}
