namespace MultiTurnTrainer.Hub.Client;

/// <summary>A file on the hub.</summary>
/// <param name="Path">Its path in the repository.</param>
/// <param name="Address">Where it is asked for.</param>
/// <param name="Etag">The SHA-256 of a large file, the hash that git gives a small one.</param>
/// <param name="Size">Its bytes.</param>
internal sealed partial record RemoteFile(string Path, Uri Address, string Etag, long Size)
{
    /// <summary>Asks for a file's size and hash.</summary>
    /// <param name="http">The hub.</param>
    /// <param name="name">The repository.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="path">The file's path.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="HubFault">There is no such file, or the answer lacks what is needed.</exception>
    public static async Task<RemoteFile> AskAsync(
        HubHttp http,
        HubName name,
        string commit,
        string path,
        CancellationToken cancel
    )
    {
        string escaped = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        Uri address = http.At($"{name.PagePath}/resolve/{commit}/{escaped}");
        using HttpResponseMessage answer = await http.SendAsync(
                () => Request(HttpMethod.Head, address),
                name,
                cancel,
                stays: true
            )
            .ConfigureAwait(false);
        string etag = Plain(HubFault.Header(answer, "X-Linked-Etag") ?? answer.Headers.ETag?.Tag ?? "");
        long? size = long.TryParse(
            HubFault.Header(answer, "X-Linked-Size"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out long linked
        )
            ? linked
            : (answer.IsSuccessStatusCode ? answer.Content.Headers.ContentLength : null);
        // The hash becomes the name of a file.
        return EtagText().IsMatch(etag) && size is >= 0
            ? new RemoteFile(path, address, etag, size.Value)
            : throw new HubFault(
                $"{name}: the hub gives no usable hash and size of {path}",
                "Check that HF_ENDPOINT is a hub, and not a proxy that takes headers away.",
                cacheWillDo: true
            );
    }

    /// <summary>A request for the file's bytes as they are.</summary>
    public static HttpRequestMessage Request(HttpMethod method, Uri address)
    {
        HttpRequestMessage request = new(method, address);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        return request;
    }

    private static string Plain(string etag) =>
        (etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag).Trim('"');

    [GeneratedRegex(@"^[0-9A-Za-z-]{1,128}\z")]
    private static partial Regex EtagText();
}
