// Folder Uploads: puts a folder's files into a repository of the hub as one commit, with a model card.
// Refuses to know: what a model or an adapter computes.
using MultiTurnTrainer.Hub.Client;
using MultiTurnTrainer.Hub.Downloads;

namespace MultiTurnTrainer.Hub.Uploads;

/// <summary>One file to upload.</summary>
/// <param name="Path">Its path in the repository.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Open">Opens its content, each time from the start.</param>
public sealed record UploadFile(string Path, long Bytes, Func<Stream> Open)
{
    /// <summary>A file of the disk.</summary>
    public static UploadFile Of(string path, string file) =>
        new(path, new FileInfo(file).Length, () => File.OpenRead(file));

    /// <summary>A text.</summary>
    public static UploadFile Of(string path, byte[] bytes) => new(path, bytes.Length, () => new MemoryStream(bytes));
}

/// <summary>How a push goes.</summary>
/// <param name="Message">The commit's first line.</param>
public sealed record UploadOptions(string Message)
{
    /// <summary>Whether a new repository is private.</summary>
    public bool Private { get; init; }

    /// <summary>Whether a pull request is opened instead of a commit on the branch.</summary>
    public bool PullRequest { get; init; }
}

/// <summary>Uploads to the HuggingFace hub: creates the repository, sends large files to its storage, and commits once.</summary>
public sealed class HubUpload : IDisposable
{
    private const int FilesPerQuestion = 256;
    private const int SampleBytes = 512;

    private readonly HubSettings _settings;
    private readonly HubHttp _http;
    private readonly IHubObserver _observer;

    /// <summary>Asks nothing yet.</summary>
    /// <param name="settings">Where and who; a token is needed.</param>
    /// <param name="observer">Told what is sent.</param>
    /// <param name="time">The clock of waits.</param>
    public HubUpload(HubSettings settings, IHubObserver observer, TimeProvider time)
    {
        if (settings.Offline)
        {
            throw new MttException("HF_HUB_OFFLINE is set", "Unset it to push.");
        }

        if (settings.Token is null)
        {
            throw new MttException("no token is there to push with", "Set HF_TOKEN to a token that may write.");
        }

        _settings = settings;
        _http = new HubHttp(settings, time);
        _observer = observer;
    }

    /// <summary>The licence that a model's card on the hub names; null where it cannot be had.</summary>
    public async Task<string?> FindLicenceAsync(HubName name, CancellationToken cancel)
    {
        try
        {
            return (await Repository.AskAsync(_http, name, cancel).ConfigureAwait(false)).Licence;
        }
        catch (HubFault)
        {
            return null;
        }
    }

    /// <summary>Uploads files as one commit.</summary>
    /// <param name="name">The repository; created where it is not there.</param>
    /// <param name="files">The files.</param>
    /// <param name="options">Message and kind of the commit.</param>
    /// <param name="cancel">Ends it; without the commit nothing is seen of it.</param>
    /// <returns>The commit's or pull request's address.</returns>
    /// <exception cref="MttException">The hub refuses, or does not answer.</exception>
    public async Task<string> PushAsync(
        HubName name,
        IReadOnlyList<UploadFile> files,
        UploadOptions options,
        CancellationToken cancel
    )
    {
        try
        {
            await CreateAsync(name, options, cancel).ConfigureAwait(false);
            Dictionary<string, Stored> stored = [];
            foreach (UploadFile[] some in files.Chunk(FilesPerQuestion))
            {
                foreach (string path in await AskLargeAsync(name, some, cancel).ConfigureAwait(false))
                {
                    UploadFile file = some.Single(one => one.Path == path);
                    stored[path] = new Stored(file, await HashAsync(file, cancel).ConfigureAwait(false));
                }
            }

            if (stored.Count > 0)
            {
                _observer.Planned($"{name}", stored.Count, stored.Values.Sum(part => part.File.Bytes));
                await StoreAsync(name, [.. stored.Values], cancel).ConfigureAwait(false);
            }

            return await CommitAsync(name, files, stored, options, cancel).ConfigureAwait(false);
        }
        catch (HubFault problem)
        {
            throw problem.Explain();
        }
        catch (Exception problem)
            when (problem
                    is InvalidOperationException
                        or KeyNotFoundException
                        or FormatException
                        or OverflowException
                        or ArgumentException
            )
        {
            // Members of other kinds than the protocol's, texts that are no addresses or numbers.
            throw HubHttp.Unreadable(name, problem).Explain();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task CreateAsync(HubName name, UploadOptions options, CancellationToken cancel)
    {
        string[] parts = name.Id.Split('/');
        JsonFields body = new()
        {
            ["name"] = parts[^1],
            ["organization"] = parts.Length > 1 ? parts[0] : null,
            ["type"] = name.Kind == HubKind.Dataset ? "dataset" : "model",
            ["private"] = options.Private,
        };
        try
        {
            await PostAsync(name, _http.At("api/repos/create"), body, cancel).ConfigureAwait(false);
        }
        catch (HubFault problem) when (problem.Message.Contains("answered 409", StringComparison.Ordinal))
        {
            // It is there already.
        }
    }

    /// <summary>Which files the hub wants in its storage for large ones.</summary>
    private async Task<IReadOnlyList<string>> AskLargeAsync(HubName name, UploadFile[] files, CancellationToken cancel)
    {
        List<object?> list = [];
        foreach (UploadFile file in files)
        {
            await using Stream stream = file.Open();
            byte[] sample = new byte[Math.Min(SampleBytes, file.Bytes)];
            await stream.ReadExactlyAsync(sample, cancel).ConfigureAwait(false);
            list.Add(
                new JsonFields
                {
                    ["path"] = file.Path,
                    ["size"] = file.Bytes,
                    ["sample"] = Convert.ToBase64String(sample),
                }
            );
        }

        string revision = Uri.EscapeDataString(name.Revision);
        JsonView answer = await PostAsync(
                name,
                _http.At($"api/{name.ApiPath}/preupload/{revision}"),
                new JsonFields { ["files"] = list },
                cancel
            )
            .ConfigureAwait(false);
        return
        [
            .. Items(answer, "files")
                .Where(file =>
                    file.Get("uploadMode")?.GetString() == "lfs" && file.Get("shouldIgnore")?.GetBoolean() != true
                )
                .Select(file => file.GetProperty("path").GetString())
                .OfType<string>()
                .Where(path => files.Any(file => file.Path == path && file.Bytes > 0)),
        ];
    }

    private async Task StoreAsync(HubName name, IReadOnlyList<Stored> files, CancellationToken cancel)
    {
        JsonFields body = new()
        {
            ["operation"] = "upload",
            ["transfers"] = new[] { "basic", "multipart" },
            ["objects"] = files.Select(Describe).ToList(),
            ["hash_algo"] = "sha256",
            ["ref"] = new JsonFields { ["name"] = name.Revision },
        };
        Uri batch = _http.At($"{name.PagePath}.git/info/lfs/objects/batch");
        JsonView answer = await PostAsync(name, batch, body, cancel, lfs: true).ConfigureAwait(false);
        foreach (JsonView item in Items(answer, "objects"))
        {
            if (item.Get("error") is { } error)
            {
                throw new HubFault(
                    $"{name}: the hub's storage refuses a file ({error.Get("message")})",
                    "Try again later.",
                    false
                );
            }

            Stored part = files.Single(file => file.Hash == item.Get("oid")?.GetString());
            // Without anything to do it is in the storage already.
            if (item.Get("actions")?.Get("upload") is { Kind: JsonKind.Object } upload)
            {
                await SendAsync(name, part, upload, cancel).ConfigureAwait(false);
                if (item.Get("actions")?.Get("verify")?.Get("href") is { } verify)
                {
                    Uri address = new(verify.GetString()!);
                    await PostAsync(name, address, Describe(part), cancel, lfs: true).ConfigureAwait(false);
                }
            }
            else
            {
                _observer.Received(part.File.Bytes);
            }
        }
    }

    private async Task SendAsync(HubName name, Stored part, JsonView upload, CancellationToken cancel)
    {
        Uri target = new(upload.GetProperty("href").GetString()!);
        if (upload.Get("header") is not { } header || header.Get("chunk_size") is not { } chunk)
        {
            await PutAsync(name, part, target, 0, part.File.Bytes, cancel).ConfigureAwait(false);
            return;
        }

        long size = long.Parse($"{chunk}", CultureInfo.InvariantCulture);
        List<object?> done = [];
        IEnumerable<(int Index, JsonView Address)> addresses = header
            .EnumerateObject()
            .Where(part => part.Name.All(char.IsAsciiDigit))
            .Select(part => (int.Parse(part.Name, CultureInfo.InvariantCulture), part.Value))
            .OrderBy(part => part.Item1);
        foreach ((int index, JsonView address) in addresses)
        {
            long start = (index - 1) * size;
            long length = Math.Min(size, part.File.Bytes - start);
            string etag = await PutAsync(name, part, new Uri(address.GetString()!), start, length, cancel)
                .ConfigureAwait(false);
            done.Add(new JsonFields { ["partNumber"] = index, ["etag"] = etag });
        }

        JsonFields complete = new() { ["oid"] = part.Hash, ["parts"] = done };
        await PostAsync(name, target, complete, cancel, lfs: true).ConfigureAwait(false);
    }

    private async Task<string> PutAsync(
        HubName name,
        Stored part,
        Uri address,
        long start,
        long length,
        CancellationToken cancel
    )
    {
        using HttpResponseMessage answer = await _http
            .SendAsync(
                () =>
                {
                    Stream stream = part.File.Open();
                    stream.Position = start;
                    StreamContent content = new(new PartStream(stream, length));
                    content.Headers.ContentLength = length;
                    return new HttpRequestMessage(HttpMethod.Put, address) { Content = content };
                },
                name,
                cancel
            )
            .ConfigureAwait(false);
        _observer.Received(length);
        return answer.Headers.ETag?.Tag ?? "";
    }

    private async Task<string> CommitAsync(
        HubName name,
        IReadOnlyList<UploadFile> files,
        Dictionary<string, Stored> stored,
        UploadOptions options,
        CancellationToken cancel
    )
    {
        using MemoryStream body = await WriteCommitAsync(files, stored, options.Message, cancel).ConfigureAwait(false);
        string query = options.PullRequest ? "?create_pr=1" : "";
        Uri address = _http.At($"api/{name.ApiPath}/commit/{Uri.EscapeDataString(name.Revision)}{query}");
        // A commit whose answer is lost may be made: it is not sent twice.
        using HttpResponseMessage answer = await _http
            .SendAsync(
                () =>
                {
                    ByteArrayContent lines = new(body.ToArray());
                    lines.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
                    return new HttpRequestMessage(HttpMethod.Post, address) { Content = lines };
                },
                name,
                cancel,
                once: true
            )
            .ConfigureAwait(false);
        JsonView said = await _http.ReadJsonAsync(answer, name, cancel).ConfigureAwait(false);
        return said.Get("pullRequestUrl")?.GetString()
            ?? said.Get("commitUrl")?.GetString()
            ?? $"{_settings.Endpoint}/{name.PagePath}";
    }

    /// <summary>The lines of a commit: its message, then each file by its hash where it is stored apart, else with its content.</summary>
    private static async Task<MemoryStream> WriteCommitAsync(
        IReadOnlyList<UploadFile> files,
        Dictionary<string, Stored> stored,
        string message,
        CancellationToken cancel
    )
    {
        MemoryStream body = new();
        WriteLine(body, "header", new JsonFields { ["summary"] = message, ["description"] = "" });
        foreach (UploadFile file in files)
        {
            if (stored.TryGetValue(file.Path, out Stored? part))
            {
                WriteLine(
                    body,
                    "lfsFile",
                    new JsonFields
                    {
                        ["path"] = file.Path,
                        ["algo"] = "sha256",
                        ["oid"] = part.Hash,
                        ["size"] = file.Bytes,
                    }
                );
                continue;
            }

            using MemoryStream content = new();
            await using Stream stream = file.Open();
            await stream.CopyToAsync(content, cancel).ConfigureAwait(false);
            string text = Convert.ToBase64String(content.ToArray());
            WriteLine(
                body,
                "file",
                new JsonFields
                {
                    ["path"] = file.Path,
                    ["content"] = text,
                    ["encoding"] = "base64",
                }
            );
        }

        return body;
    }

    private async Task<JsonView> PostAsync(
        HubName name,
        Uri address,
        JsonFields body,
        CancellationToken cancel,
        bool lfs = false
    )
    {
        byte[] bytes = JsonText.LineBytes(body);
        string type = lfs ? "application/vnd.git-lfs+json" : "application/json";
        using HttpResponseMessage answer = await _http
            .SendAsync(
                () =>
                {
                    ByteArrayContent content = new(bytes);
                    content.Headers.ContentType = new MediaTypeHeaderValue(type);
                    HttpRequestMessage request = new(HttpMethod.Post, address) { Content = content };
                    request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
                    return request;
                },
                name,
                cancel
            )
            .ConfigureAwait(false);
        return await _http.ReadJsonAsync(answer, name, cancel).ConfigureAwait(false);
    }

    private static async Task<string> HashAsync(UploadFile file, CancellationToken cancel)
    {
        await using Stream stream = file.Open();
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel).ConfigureAwait(false));
    }

    private static void WriteLine(Stream body, string key, JsonFields value) =>
        JsonText.WriteLine(body, new JsonFields { ["key"] = key, ["value"] = value });

    private static JsonFields Describe(Stored part) => new() { ["oid"] = part.Hash, ["size"] = part.File.Bytes };

    private static IEnumerable<JsonView> Items(JsonView answer, string name) =>
        answer.Get(name) is { Kind: JsonKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>A file of the hub's storage.</summary>
    private sealed record Stored(UploadFile File, string Hash);
}
