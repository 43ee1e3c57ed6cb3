using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Testing;

/// <summary>One request that the scripted hub got.</summary>
public sealed record HubRequest(
    string Method,
    string Host,
    string Path,
    string? Range,
    string? Authorization,
    byte[] Body
);

/// <summary>What goes wrong with one answer; null where nothing does.</summary>
public sealed record HubMishap
{
    /// <summary>Close the connection after so many bytes of the body.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Send the whole file though a part was asked for.</summary>
    public bool IgnoresRange { get; init; }

    /// <summary>Send other bytes of the same length.</summary>
    public bool Garbles { get; init; }

    /// <summary>Send more bytes than the file has.</summary>
    public int Adds { get; init; }

    /// <summary>Answer this status instead.</summary>
    public int? Status { get; init; }

    /// <summary>Headers of that answer.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// A server that speaks the HuggingFace hub's protocol, and a second one as the storage that large files come from. A script may
/// let each answer go wrong.
/// </summary>
public sealed class ScriptedHub : IDisposable
{
    private const int LargeFrom = 1000;

    private readonly HttpListener _own;
    private readonly HttpListener _storage;
    private readonly Dictionary<string, SortedDictionary<string, byte[]>> _repositories = [];
    private readonly ConcurrentDictionary<string, byte[]> _stored = new();

    public ScriptedHub()
    {
        (_own, Endpoint) = Listen();
        (_storage, StorageAddress) = Listen();
        _ = ServeAsync(_own, AnswerAsync);
        _ = ServeAsync(_storage, AnswerStorageAsync);
    }

    /// <summary>What HF_ENDPOINT is set to.</summary>
    public string Endpoint { get; }

    public string StorageAddress { get; }

    /// <summary>Decides what goes wrong with a request.</summary>
    public Func<HubRequest, HubMishap?> Script { get; set; } = _ => null;

    public ConcurrentQueue<HubRequest> Requests { get; } = [];

    /// <summary>Commits that were pushed, each as its lines.</summary>
    public ConcurrentQueue<JsonNode[]> Commits { get; } = [];

    /// <summary>What was sent to the storage, by SHA-256.</summary>
    public IReadOnlyDictionary<string, byte[]> Stored => _stored;

    /// <summary>Bytes of a part of a multipart upload; 0 for uploads in one piece.</summary>
    public int UploadPart { get; set; }

    /// <summary>Puts a file into a repository, such as <c>models/org/name</c>.</summary>
    public void Add(string repository, string path, byte[] content)
    {
        if (!_repositories.TryGetValue(repository, out SortedDictionary<string, byte[]>? files))
        {
            _repositories[repository] = files = new(StringComparer.Ordinal);
        }

        files[path] = content;
    }

    /// <summary>Puts a text into a repository.</summary>
    public void Add(string repository, string path, string text) => Add(repository, path, Encoding.UTF8.GetBytes(text));

    /// <summary>Puts a folder's files into a repository.</summary>
    public void AddFolder(string repository, string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            Add(repository, Path.GetFileName(file), File.ReadAllBytes(file));
        }
    }

    /// <summary>The commit of a repository as it stands: it changes with the content.</summary>
    public string Commit(string repository)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        foreach ((string path, byte[] content) in _repositories[repository])
        {
            hash.AppendData(Encoding.UTF8.GetBytes(path));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose()
    {
        _own.Abort();
        _storage.Abort();
    }

    private static (HttpListener, string) Listen()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        HttpListener listener = new();
        string address = $"http://127.0.0.1:{port}";
        listener.Prefixes.Add(address + "/");
        listener.Start();
        return (listener, address);
    }

    private async Task ServeAsync(HttpListener listener, Func<HttpListenerContext, HubRequest, HubMishap, Task> answer)
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception problem) when (problem is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(async () =>
            {
                try
                {
                    await RespondAsync(context, answer);
                }
                catch (Exception problem)
                    when (problem
                            is HttpListenerException
                                or ObjectDisposedException
                                or IOException
                                or InvalidOperationException
                    )
                {
                    // The client went away.
                }
            });
        }
    }

    private async Task RespondAsync(
        HttpListenerContext context,
        Func<HttpListenerContext, HubRequest, HubMishap, Task> answer
    )
    {
        using MemoryStream body = new();
        await context.Request.InputStream.CopyToAsync(body);
        HubRequest request = new(
            context.Request.HttpMethod,
            context.Request.UserHostName,
            context.Request.RawUrl!,
            context.Request.Headers["Range"],
            context.Request.Headers["Authorization"],
            body.ToArray()
        );
        Requests.Enqueue(request);
        HubMishap mishap = Script(request) ?? new HubMishap();
        if (mishap.Status is { } status)
        {
            context.Response.StatusCode = status;
            foreach ((string name, string value) in mishap.Headers)
            {
                context.Response.Headers[name] = value;
            }

            context.Response.Close();
            return;
        }

        await answer(context, request, mishap);
    }

    private async Task AnswerAsync(HttpListenerContext context, HubRequest request, HubMishap mishap)
    {
        string path = Uri.UnescapeDataString(request.Path.Split('?')[0].TrimStart('/'));
        if (request.Method == "POST")
        {
            await AnswerPostAsync(context, path, request.Body);
        }
        else if (path.StartsWith("api/", StringComparison.Ordinal) && path.Split("/revision/") is [var api, _])
        {
            await AnswerRevisionAsync(context, api["api/".Length..]);
        }
        else if (path.Split("/resolve/", 2) is [var page, var rest] && rest.Split('/', 2) is [var commit, var file])
        {
            string repository = page.StartsWith("datasets/", StringComparison.Ordinal) ? page : $"models/{page}";
            await AnswerFileAsync(context, (request, mishap), repository, commit, file);
        }
        else
        {
            Refuse(context, 404, "RepoNotFound");
        }
    }

    private async Task AnswerRevisionAsync(HttpListenerContext context, string repository)
    {
        if (!_repositories.TryGetValue(repository, out SortedDictionary<string, byte[]>? files))
        {
            Refuse(context, 401, "RepoNotFound");
            return;
        }

        await WriteJsonAsync(
            context,
            new JsonObject
            {
                ["sha"] = Commit(repository),
                ["siblings"] = new JsonArray([.. files.Keys.Select(path => new JsonObject { ["rfilename"] = path })]),
                ["cardData"] = new JsonObject { ["license"] = "apache-2.0" },
            }
        );
    }

    private async Task AnswerFileAsync(
        HttpListenerContext context,
        (HubRequest, HubMishap) asked,
        string repository,
        string commit,
        string file
    )
    {
        if (!_repositories.TryGetValue(repository, out var files) || !files.TryGetValue(file, out byte[]? content))
        {
            Refuse(context, 404, "EntryNotFound");
            return;
        }

        context.Response.Headers["X-Repo-Commit"] = commit;
        if (content.Length >= LargeFrom)
        {
            string hash = Convert.ToHexStringLower(SHA256.HashData(content));
            _stored[hash] = content;
            context.Response.StatusCode = 302;
            context.Response.Headers["X-Linked-Etag"] = $"\"{hash}\"";
            context.Response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
            context.Response.Headers["Location"] = $"{StorageAddress}/{hash}?signed=1";
            context.Response.Close();
            return;
        }

        byte[] head = Encoding.ASCII.GetBytes($"blob {content.Length}\0");
        context.Response.Headers["ETag"] = $"\"{Convert.ToHexStringLower(SHA1.HashData([.. head, .. content]))}\"";
        await SendAsync(context, asked.Item1, asked.Item2, content);
    }

    private async Task AnswerStorageAsync(HttpListenerContext context, HubRequest request, HubMishap mishap)
    {
        if (request.Method == "PUT")
        {
            _stored[request.Path.TrimStart('/')] = request.Body;
            context.Response.Headers["ETag"] = $"\"{request.Body.Length}\"";
            context.Response.Close();
        }
        else if (request.Path.Contains("?signed=1", StringComparison.Ordinal))
        {
            await SendAsync(context, request, mishap, _stored[request.Path.Split('?')[0].TrimStart('/')]);
        }
        else
        {
            // A signature does not go together with a token.
            context.Response.StatusCode = 400;
            context.Response.Close();
        }
    }

    private static async Task SendAsync(
        HttpListenerContext context,
        HubRequest request,
        HubMishap mishap,
        byte[] content
    )
    {
        HttpListenerResponse response = context.Response;
        byte[] part = content;
        if (request.Range is { } range && !mishap.IgnoresRange)
        {
            string[] ends = range["bytes=".Length..].Split('-');
            int from = int.Parse(ends[0], CultureInfo.InvariantCulture);
            int to = ends[1].Length > 0 ? int.Parse(ends[1], CultureInfo.InvariantCulture) : content.Length - 1;
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {from}-{to}/{content.Length}";
            part = content[from..(to + 1)];
        }

        part = mishap.Garbles ? new byte[part.Length] : part;
        part = [.. part, .. new byte[mishap.Adds]];
        response.ContentLength64 = part.Length;
        if (request.Method == "HEAD")
        {
            response.Close();
            return;
        }

        if (mishap.CutAfter is { } cut && cut < part.Length)
        {
            await response.OutputStream.WriteAsync(part.AsMemory(0, cut));
            await response.OutputStream.FlushAsync();
            response.Abort();
            return;
        }

        await response.OutputStream.WriteAsync(part);
        response.Close();
    }

    private async Task AnswerPostAsync(HttpListenerContext context, string path, byte[] body)
    {
        if (path.Contains("/commit/", StringComparison.Ordinal))
        {
            Commits.Enqueue([
                .. Encoding
                    .UTF8.GetString(body)
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => JsonNode.Parse(line)!),
            ]);
            await WriteJsonAsync(context, new JsonObject { ["commitUrl"] = $"{Endpoint}/commit/1" });
            return;
        }

        JsonNode json = JsonNode.Parse(body)!;
        if (path.Contains("/preupload/", StringComparison.Ordinal))
        {
            JsonArray files =
            [
                .. json["files"]!
                    .AsArray()
                    .Select(file =>
                        (JsonNode)
                            new JsonObject
                            {
                                ["path"] = (string)file!["path"]!,
                                ["uploadMode"] = (long)file["size"]! >= LargeFrom ? "lfs" : "regular",
                            }
                    ),
            ];
            await WriteJsonAsync(context, new JsonObject { ["files"] = files });
        }
        else if (path.EndsWith("objects/batch", StringComparison.Ordinal))
        {
            JsonArray objects = [.. json["objects"]!.AsArray().Select(one => (JsonNode)DescribeUpload(one!))];
            await WriteJsonAsync(context, new JsonObject { ["objects"] = objects });
        }
        else if (path.StartsWith("complete/", StringComparison.Ordinal))
        {
            int parts = json["parts"]!.AsArray().Count;
            string oid = (string)json["oid"]!;
            _stored[oid] = [.. Enumerable.Range(1, parts).SelectMany(i => _stored[$"{oid}/{i}"])];
            await WriteJsonAsync(context, []);
        }
        else
        {
            await WriteJsonAsync(context, []);
        }
    }

    private JsonObject DescribeUpload(JsonNode file)
    {
        string oid = (string)file["oid"]!;
        long size = (long)file["size"]!;
        if (_stored.ContainsKey(oid))
        {
            return new JsonObject { ["oid"] = oid, ["size"] = size };
        }

        JsonObject upload = new() { ["href"] = $"{StorageAddress}/{oid}" };
        if (UploadPart > 0)
        {
            JsonObject header = new() { ["chunk_size"] = $"{UploadPart}" };
            for (int i = 1; (i - 1) * UploadPart < size; i++)
            {
                header[$"{i:D5}"] = $"{StorageAddress}/{oid}/{i}";
            }

            upload = new JsonObject { ["href"] = $"{Endpoint}/complete/{oid}", ["header"] = header };
        }

        return new JsonObject
        {
            ["oid"] = oid,
            ["size"] = size,
            ["actions"] = new JsonObject
            {
                ["upload"] = upload,
                ["verify"] = new JsonObject { ["href"] = $"{Endpoint}/verify/{oid}" },
            },
        };
    }

    private static void Refuse(HttpListenerContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.Headers["X-Error-Code"] = code;
        context.Response.Close();
    }

    private static async Task WriteJsonAsync(HttpListenerContext context, JsonObject json)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes<JsonNode>(json);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength64 = bytes.Length;
        await context.Response.OutputStream.WriteAsync(bytes);
        context.Response.Close();
    }
}
