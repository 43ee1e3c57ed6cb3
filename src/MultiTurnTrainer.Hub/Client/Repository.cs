namespace MultiTurnTrainer.Hub.Client;

/// <summary>A state of a repository: its commit and the files in it.</summary>
/// <param name="Commit">40 hexadecimal digits.</param>
/// <param name="Files">Paths, with slashes.</param>
/// <param name="Licence">What its card says; null where it says nothing.</param>
internal sealed partial record Repository(string Commit, IReadOnlyList<string> Files, string? Licence)
{
    /// <summary>Asks for the state that a revision names.</summary>
    /// <exception cref="HubFault">There is none, or no answer.</exception>
    public static async Task<Repository> AskAsync(HubHttp http, HubName name, CancellationToken cancel)
    {
        string path = $"api/{name.ApiPath}/revision/{Uri.EscapeDataString(name.Revision)}";
        JsonView answer = await http.GetJsonAsync(name, path, cancel).ConfigureAwait(false);
        string commit = Text(answer, "sha") ?? "";
        if (!CommitText().IsMatch(commit) || answer.Get("siblings") is not { Kind: JsonKind.Array } siblings)
        {
            throw new HubFault(
                $"{name}: the hub's answer names no commit and its files",
                "Check that HF_ENDPOINT is a hub.",
                cacheWillDo: true
            );
        }

        string[] files =
        [
            .. siblings.EnumerateArray().Select(file => Text(file, "rfilename") ?? "").Order(StringComparer.Ordinal),
        ];
        return Array.Find(files, file => !IsSafe(file)) is { } wrong
            ? throw new HubFault(
                $"{name}: the repository names a file '{wrong}', which leads out of it",
                "Do not use this repository.",
                cacheWillDo: false
            )
            : new Repository(commit, files, answer.Get("cardData") is { } card ? Text(card, "license") : null);
    }

    // A path becomes one in the cache: none may lead elsewhere.
    private static bool IsSafe(string path) =>
        path.Length > 0
        && !path.Contains('\\', StringComparison.Ordinal)
        && !path.Contains('\0', StringComparison.Ordinal)
        && path.Split('/').All(part => part is not ("" or "." or ".."));

    // No text is one with half of a surrogate pair.
    private static string? Text(JsonView owner, string name) =>
        owner.Get(name) is { HasLoneSurrogate: false } ? owner.GetString(name) : null;

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex CommitText();
}
