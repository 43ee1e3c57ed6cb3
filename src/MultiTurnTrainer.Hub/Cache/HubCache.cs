// Folder Cache: HuggingFace's cache on the disk, in the layout that transformers reads and writes.
// Refuses to know: the network, what files are for.
using MultiTurnTrainer.Hub.Client;

namespace MultiTurnTrainer.Hub.Cache;

/// <summary>
/// The cache: <c>models--org--name/{blobs,refs,snapshots}</c>. A blob is named by its hash; a snapshot links its files to blobs; a
/// ref holds the commit that a branch or tag stood for.
/// </summary>
/// <param name="settings">Names the folder.</param>
internal sealed class HubCache(HubSettings settings)
{
    // What the specification of cache folders asks for, so that backups leave them out.
    private const string Tag =
        "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by huggingface_hub.\n";

    /// <summary>A file's content, by its hash.</summary>
    public string Blob(HubName name, string etag) => Path.Combine(Folder(name), "blobs", etag);

    /// <summary>The files of a commit.</summary>
    public string Snapshot(HubName name, string commit) => Path.Combine(Folder(name), "snapshots", commit);

    /// <summary>The commit that a revision stood for when it was last fetched; null where that is not known.</summary>
    public string? FindCommit(HubName name)
    {
        if (name.IsPinned)
        {
            return Directory.Exists(Snapshot(name, name.Revision)) ? name.Revision : null;
        }

        string path = Reference(name);
        return
            File.Exists(path)
            && File.ReadAllText(path).Trim() is { Length: 40 } commit
            && commit.All(char.IsAsciiHexDigit)
            ? commit
            : null;
    }

    /// <summary>Writes down which commit a revision stands for.</summary>
    public void SetCommit(HubName name, string commit)
    {
        if (!name.IsPinned && FindCommit(name) != commit)
        {
            string path = Reference(name);
            string fresh = TemporaryName.For(path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(fresh, commit);
            File.Move(fresh, path, overwrite: true);
        }
    }

    /// <summary>Makes the cache's folder.</summary>
    public void Prepare()
    {
        string tag = Path.Combine(settings.Cache, "CACHEDIR.TAG");
        Directory.CreateDirectory(settings.Cache);
        if (!File.Exists(tag))
        {
            File.WriteAllText(tag, Tag);
        }
    }

    /// <summary>Keeps a blob for this process; waits for another that is fetching it.</summary>
    public IDisposable Lock(HubName name, string etag)
    {
        string folder = Path.Combine(settings.Cache, ".locks", name.FolderName);
        Directory.CreateDirectory(folder);
        Microsoft.Win32.SafeHandles.SafeFileHandle file = PosixFile.Open(
            Path.Combine(folder, $"{etag}.lock"),
            create: true
        );
        PosixFile.Lock(file, wait: true);
        return file;
    }

    /// <summary>Puts a blob into a snapshot under its path.</summary>
    public void Link(HubName name, string commit, RemoteFile file)
    {
        string link = Path.Combine(Snapshot(name, commit), file.Path);
        string blob = Blob(name, file.Etag);
        string folder = Path.GetDirectoryName(link)!;
        Directory.CreateDirectory(folder);
        string target = Path.GetRelativePath(folder, blob);
        if (new FileInfo(link) is { LinkTarget: { } present } && present == target)
        {
            return;
        }

        string fresh = TemporaryName.For(link);
        if (!TryLink(fresh, target))
        {
            File.Copy(blob, fresh);
        }

        File.Move(fresh, link, overwrite: true);
    }

    private bool TryLink(string link, string target)
    {
        if (settings.Copies)
        {
            return false;
        }

        try
        {
            File.CreateSymbolicLink(link, target);
            return true;
        }
        catch (Exception problem)
            when (problem is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Some file systems have no links.
            return false;
        }
    }

    private string Folder(HubName name) => Path.Combine(settings.Cache, name.FolderName);

    private string Reference(HubName name) => Path.Combine(Folder(name), "refs", name.Revision);
}
