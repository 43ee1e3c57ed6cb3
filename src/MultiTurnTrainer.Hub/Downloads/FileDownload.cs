using MultiTurnTrainer.Hub.Cache;
using MultiTurnTrainer.Hub.Client;

namespace MultiTurnTrainer.Hub.Downloads;

/// <summary>Fetches one file into the cache: in parallel pieces, going on where a connection or a process ended.</summary>
internal sealed class FileDownload(HubHttp http, HubSettings settings, HubCache cache, IHubObserver observer)
{
    private const int BufferBytes = 1 << 17;

    /// <summary>Fetches a file unless it is there, and checks size and hash.</summary>
    /// <exception cref="HubFault">It does not come, or comes wrong twice.</exception>
    public async Task RunAsync(HubName name, RemoteFile file, CancellationToken cancel)
    {
        string blob = cache.Blob(name, file.Etag);
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        using IDisposable held = cache.Lock(name, file.Etag);
        if (new FileInfo(blob) is { Exists: true } present && present.Length == file.Size)
        {
            // Another process was first.
            observer.Received(file.Size);
            return;
        }

        for (bool again = false; ; again = true)
        {
            using PartialFile partial = PartialFile.Open(blob, file, settings.PieceBytes);
            observer.Received(partial.Present);
            await FetchAsync(name, file, partial, cancel).ConfigureAwait(false);
            if (partial.IsRight())
            {
                partial.Finish(blob);
                return;
            }

            partial.Forget();
            observer.Received(-file.Size);
            if (again)
            {
                throw new HubFault(
                    $"{name}: {file.Path} came twice with another size or hash than the hub names",
                    "A proxy changes it, or the mirror is damaged: check HF_ENDPOINT.",
                    cacheWillDo: true
                );
            }
        }
    }

    private async Task FetchAsync(HubName name, RemoteFile file, PartialFile partial, CancellationToken cancel)
    {
        IReadOnlyList<(int Index, long Start, long End)> missing = partial.Missing;
        if (missing.Count == 0)
        {
            return;
        }

        // The first piece shows whether the server keeps to ranges; one that does not has sent everything with it.
        if (await FetchPieceAsync(name, file, partial, missing[0], cancel).ConfigureAwait(false))
        {
            return;
        }

        await Parallel
            .ForEachAsync(
                missing.Skip(1),
                new ParallelOptions { MaxDegreeOfParallelism = settings.Parallel, CancellationToken = cancel },
                async (piece, stop) => await FetchPieceAsync(name, file, partial, piece, stop).ConfigureAwait(false)
            )
            .ConfigureAwait(false);
    }

    /// <summary>Fetches a piece, going on after a cut.</summary>
    /// <returns>Whether the server sent the whole file instead.</returns>
    private async Task<bool> FetchPieceAsync(
        HubName name,
        RemoteFile file,
        PartialFile partial,
        (int Index, long Start, long End) piece,
        CancellationToken cancel
    )
    {
        long at = piece.Start;
        int idle = 0;
        while (true)
        {
            long before = at;
            Exception? problem = null;
            try
            {
                using HttpResponseMessage answer = await AskAsync(name, file, at, piece.End, cancel)
                    .ConfigureAwait(false);
                bool whole = answer.StatusCode == HttpStatusCode.OK && (at > 0 || piece.End < file.Size);
                if (whole)
                {
                    observer.Received(-partial.Present - (at - piece.Start));
                    (at, piece) = (0, (0, 0, file.Size));
                    before = 0;
                }

                await foreach (int count in CopyAsync(answer, partial, at, piece.End, cancel).ConfigureAwait(false))
                {
                    at += count;
                    observer.Received(count);
                }

                if (at == piece.End)
                {
                    IEnumerable<int> arrived =
                        piece.End - piece.Start == file.Size
                            ? partial.Missing.Select(part => part.Index)
                            : [piece.Index];
                    arrived.ToList().ForEach(partial.MarkWhole);
                    return piece.End - piece.Start == file.Size;
                }
            }
            catch (Exception lost) when (HubHttp.IsLost(lost, cancel))
            {
                problem = lost;
            }

            idle = at > before ? 0 : idle + 1;
            if (idle == settings.Tries)
            {
                throw Lost(name, file, problem);
            }

            await Task.Delay(settings.RetryDelay * (1 << idle), cancel).ConfigureAwait(false);
        }
    }

    private static HubFault Lost(HubName name, RemoteFile file, Exception? problem) =>
        new(
            $"{name}: {file.Path} does not arrive ({problem?.Message ?? "the connection ends early"})",
            "Check the connection and run again: what arrived is kept.",
            cacheWillDo: true,
            problem
        );

    private async Task<HttpResponseMessage> AskAsync(
        HubName name,
        RemoteFile file,
        long from,
        long to,
        CancellationToken cancel
    )
    {
        bool ranged = from > 0 || to < file.Size;
        HttpResponseMessage answer = await http.SendAsync(
                () =>
                {
                    HttpRequestMessage request = RemoteFile.Request(HttpMethod.Get, file.Address);
                    request.Headers.Range = ranged ? new RangeHeaderValue(from, to - 1) : null;
                    return request;
                },
                name,
                cancel
            )
            .ConfigureAwait(false);
        bool fits =
            answer.StatusCode != HttpStatusCode.PartialContent
            || (
                answer.Content.Headers.ContentRange?.From == from
                && (answer.Content.Headers.ContentRange.Length ?? file.Size) == file.Size
            );
        if (fits)
        {
            return answer;
        }

        answer.Dispose();
        throw new HubFault(
            $"{name}: {file.Path}: another part came than was asked for",
            "Check HF_ENDPOINT, or try again later.",
            cacheWillDo: true
        );
    }

    // Copies what comes, never more than belongs there, and gives up on a connection that has gone silent.
    private async IAsyncEnumerable<int> CopyAsync(
        HttpResponseMessage answer,
        PartialFile partial,
        long at,
        long end,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel
    )
    {
        await using Stream body = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        byte[] buffer = new byte[BufferBytes];
        while (true)
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(settings.Timeout);
            int count = await body.ReadAsync(buffer, limit.Token).ConfigureAwait(false);
            if (count == 0)
            {
                yield break;
            }

            if (count > end - at)
            {
                throw new HubFault(
                    "more bytes came than the file has",
                    "Check HF_ENDPOINT, or try again later.",
                    cacheWillDo: true
                );
            }

            partial.Write(buffer.AsSpan(0, count), at);
            at += count;
            yield return count;
        }
    }
}
