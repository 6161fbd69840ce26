# Homebrew on Linux.
class Pkill < Formula
  desc "Find, signal and wait for processes, and never hit the wrong one"
  homepage "https://pkill.invalid"
  url "https://pkill.invalid/pkill-0.2.0.tar.gz"
  # sha256: that of the archive; `brew fetch` prints it.
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build
  depends_on :linux

  def install
    system "cargo", "install", *std_cargo_args
    bin.install_symlink "pgrep" => "pkill"
    bin.install_symlink "pgrep" => "pidwait"
    man1.install Dir["man/*.1"]
    man7.install Dir["man/*.7"]
    bash_completion.install "completions/pkill.bash" => "pkill"
    bash_completion.install_symlink "pkill" => "pgrep"
    bash_completion.install_symlink "pkill" => "pidwait"
    zsh_completion.install "completions/_pkill"
    fish_completion.install Dir["completions/*.fish"]
  end

  test do
    child = spawn "sleep", "60"
    assert_equal "#{child}\n", shell_output("#{bin}/pgrep -P #{Process.pid} -x sleep")
    system bin/"pkill", "-P", Process.pid.to_s, "-x", "sleep"
    Process.wait child
    assert_equal 15, $CHILD_STATUS.termsig
  end
end
