using System.Text.RegularExpressions;
using MultiTurnTrainer.LibTorch.Installations;

namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>
/// Empty libraries in place of those that libtorch is linked to without using a symbol of them. Debian's asks for OpenCV, FFmpeg and
/// three more, which pull in some 180 libraries: 0.17 of 0.38 s of processor time to load, and 66 MB. The loader takes a
/// library that is there already by its name (SONAME), so the native part asks for these, which lie beside it, before it asks for
/// libtorch. So would any other part of the program that asks for one of them later: who needs the real one loads it first.
/// </summary>
internal static partial class StandIns
{
    /// <summary>Libraries of the former Caffe2, for pictures, video and databases, which nothing of torch uses.</summary>
    public const string Pattern = @"^lib(opencv_\w+|avcodec|avformat|avutil|swscale|swresample|zmq|leveldb|lmdb)\.so\.";

    /// <summary>The names of such libraries that an installation asks for; none where its library cannot be read.</summary>
    public static string[] Of(LibTorchInstallation installation)
    {
        try
        {
            return
            [
                .. ElfFile
                    .ReadNeeded(Path.Combine(installation.Libraries, "libtorch_cpu.so"))
                    .Where(name => Dispensable().IsMatch(name)),
            ];
        }
        catch (IOException)
        {
            // What is wrong with the library the linker says, and it names the file.
            return [];
        }
    }

    /// <summary>Makes them, where libtorch has all its symbols without the libraries that they stand in for.</summary>
    /// <param name="installation">The libtorch.</param>
    /// <param name="names">The libraries' names.</param>
    /// <param name="folder">Where they go.</param>
    /// <param name="compile">Runs the compiler with arguments and says whether it succeeded.</param>
    /// <returns>Their paths; none where they cannot be made or libtorch needs what they replace.</returns>
    public static string[] Make(
        LibTorchInstallation installation,
        string[] names,
        string folder,
        Func<string[], bool> compile
    )
    {
        string[] paths = [.. names.Select(name => Path.Combine(folder, name))];
        string check = Path.Combine(folder, "check.so");
        bool made =
            names.All(name =>
                compile(["-shared", "-nostdlib", "-o", Path.Combine(folder, name), $"-Wl,-soname,{name}", .. _nothing])
            )
            && (
                names.Length == 0
                || compile([
                    "-shared",
                    "-nostdlib",
                    "-o",
                    check,
                    .. _nothing,
                    $"-L{installation.Libraries}",
                    "-Wl,--no-as-needed",
                    "-Wl,--no-allow-shlib-undefined",
                    .. paths,
                    "-ltorch_cpu",
                ])
            );
        File.Delete(check);
        if (!made)
        {
            Array.ForEach(paths, File.Delete);
        }

        return made ? paths : [];
    }

    // A source without a line, and whatever follows is no source.
    private static readonly string[] _nothing = ["-x", "c++", "/dev/null", "-x", "none"];

    [GeneratedRegex(Pattern)]
    private static partial Regex Dispensable();
}
