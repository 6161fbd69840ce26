# nix-build --expr 'with import <nixpkgs> { }; callPackage ./packaging/package.nix { }'
{
  lib,
  rustPlatform,
  installShellFiles,
}:

rustPlatform.buildRustPackage {
  pname = "pkill";
  version = "0.2.0";

  src = lib.cleanSource ../.;
  cargoLock.lockFile = ../Cargo.lock;

  nativeBuildInputs = [ installShellFiles ];

  # The other tests signal real processes, which the sandbox has no shells and daemons for.
  cargoTestFlags = [ "--lib" ];

  postInstall = ''
    ln -s pgrep $out/bin/pkill
    ln -s pgrep $out/bin/pidwait
    installManPage man/*.1 man/*.7
    installShellCompletion --zsh completions/_pkill
    installShellCompletion --fish completions/*.fish
    install -D -m 644 completions/pkill.bash $out/share/bash-completion/completions/pkill
    ln -s pkill $out/share/bash-completion/completions/pgrep
    ln -s pkill $out/share/bash-completion/completions/pidwait
  '';

  meta = {
    description = "Find, signal and wait for processes, and never hit the wrong one";
    license = with lib.licenses; [
      mit
      asl20
    ];
    platforms = lib.platforms.linux;
    mainProgram = "pkill";
    # In a profile, these programs precede those of procps, which have the default priority, 5.
    priority = 4;
  };
}
